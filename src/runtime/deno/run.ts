import type { Command, Exit, Output, RunningProgram } from "../contract.ts";
import type { DenoHost } from "./host.ts";

/** Starts a program with `Deno.Command`. */
export function run(host: DenoHost, command: Command): RunningProgram {
  const child = new host.Command(command.file, {
    args: command.args,
    cwd: command.cwd,
    ...environment(command.env),
    stdin: "piped",
    stdout: stdio(command.stdout),
    stderr: stdio(command.stderr),
    detached: true,
  }).spawn();
  child.unref();
  const writer = child.stdin.getWriter();
  let alive = true;
  const exited = child.status.then((status): Exit => {
    alive = false;
    // Closes the pipe now. Otherwise it stays open until it is garbage-collected.
    void writer.abort().catch(() => {});
    return status.signal === null ? { code: status.code, signal: null } : { code: null, signal: status.signal };
  });
  return {
    started: Promise.resolve(),
    write: (bytes) => void writer.write(bytes).catch(() => {}),
    process: {
      pid: child.pid,
      stdout: command.stdout === "pipe" ? child.stdout : null,
      stderr: command.stderr === "pipe" ? child.stderr : null,
      exited,
      kill: (signal) => {
        if (alive) unlessEnded(() => child.kill(signal));
      },
    },
  };
}

// Deno can remove a variable only by a whole new environment. Reading the present one needs --allow-env, which additions alone do not.
function environment(changes: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const entries = Object.entries(changes);
  if (entries.every(([, value]) => value !== undefined)) return { env: changes };
  return {
    clearEnv: true,
    env: Object.fromEntries(Object.entries({ ...process.env, ...changes }).filter(([, value]) => value !== undefined)),
  };
}

function stdio(output: Output): string {
  return output === "pipe" ? "piped" : output;
}

function unlessEnded(kill: () => void): void {
  try {
    kill();
  } catch (error) {
    // The child may have ended a moment ago, which is no error. A missing permission is one.
    if (error instanceof Error && error.name === "NotCapable") throw error;
  }
}
