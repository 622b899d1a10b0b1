import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The folder of the built programs, which agents and pools compare. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Starts an agent for the namespace "bench" on this program's runtime, and waits until it is ready.
 *
 * @param enter the start of a command line that runs a program on a simulated host
 */
export async function startAgent(servers: string, slots: number, enter: readonly string[] = []): Promise<ChildProcess> {
  const program = fileURLToPath(new URL("../../src/cli/polyproc.js", import.meta.url));
  const runs = "Deno" in globalThis ? ["run", "-A", program] : [program];
  const options = { servers, namespace: "bench", root: ROOT, allow: "bench/contenders/**", slots: String(slots) };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const [file = "", ...rest] = [...enter, process.execPath, ...runs, "agent", ...args];
  const child = spawn(file, rest, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) if (line.includes("is ready")) return child;
  throw new Error("The agent ended.");
}
