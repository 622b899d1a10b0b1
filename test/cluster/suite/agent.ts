import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { tested } from "../../suite/code.ts";
import { commandLine, pathWithRuntimes } from "../../suite/runtimes.ts";
import { LEASE, VERSION } from "./settings.ts";

/** The folder of the cases. */
export const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));

/** Starts the agent that runs the workers of the pools of a suite. Resolves when it is ready. */
export async function startAgent(runtime: string, servers: string, namespace: string): Promise<ChildProcess> {
  const options = { servers, namespace, lease: LEASE, root: ROOT, allow: "**/test/cases/**", slots: 24, "app-version": VERSION };
  const args = ["agent", "--allow", "test/cases/**", ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`])];
  const [program, line] = commandLine(runtime, fileURLToPath(tested.module("src/cli/polyproc")), args);
  const env = { ...process.env, PATH: pathWithRuntimes(), NODE_OPTIONS: "", VITEST: "" };
  const child = spawn(program, line, { env, stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (text: Buffer) => {
      if (text.includes("is ready")) resolve();
    });
    child.on("exit", (code) => reject(new Error(`the agent ended with ${code}`)));
  });
  return child;
}

/** Lets an agent end by itself, so that it removes its folder. */
export async function stopAgent(agent: ChildProcess): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  const ended = once(agent, "exit");
  agent.kill("SIGTERM");
  await ended;
}
