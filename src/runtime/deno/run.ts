import type { Command, Exit, Output, RunningProgram } from "../contract.ts";
import { platform } from "../platform.ts";
import { keepExitCodes } from "../sigchld.ts";
import { variablesFor } from "../variables.ts";
import type { DenoHost } from "./host.ts";

/** Starts a program with `Deno.Command`. */
export function run(host: DenoHost, command: Command): RunningProgram {
  keepExitCodes();
  const child = new host.Command(command.file, {
    args: command.args,
    cwd: command.cwd,
    ...environment(command),
    stdin: "piped",
    stdout: stdio(command.stdout),
    stderr: stdio(command.stderr),
    detached: platform.hasSessions || command.detached,
  }).spawn();
  child.unref();
  const writer = child.stdin.getWriter();
  let alive = true;
  let sent: string | undefined;
  const exited = child.status
    .then((status) => exitOf(status, sent), exitOfFailedStatus)
    .finally(() => {
      alive = false;
      // Close the pipe now. Otherwise it would stay open until it is garbage-collected.
      void writer.abort().catch(() => {});
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
        if (!alive) return;
        sent = signal;
        unlessEnded(() => child.kill(signal));
      },
    },
  };
}

// Where no signals exist, Deno ends a program with this code in place of a signal.
const ENDED = 1;

function exitOf({ code, signal }: { readonly code: number; readonly signal: string | null }, sent: string | undefined): Exit {
  if (!platform.hasSignals && code === ENDED && sent !== undefined) return { code: null, signal: sent };
  return signal === null ? { code, signal: null } : { code: null, signal };
}

// Deno has no names for real-time signals. Its status then rejects with a message that has the number. It also rejects if the system has
// forgotten the exit code.
function exitOfFailedStatus(error: unknown): Exit {
  const [, number] = /^Invalid signal: (\d+)$/.exec(error instanceof Error ? error.message : "") ?? [];
  return { code: null, signal: number === undefined ? null : `SIG${number}` };
}

// Without --allow-env the environment is not known, and the child gets the present one. Adding variables needs no permission. Removing
// one does, because it needs a whole new environment.
function environment(command: Command): Record<string, unknown> {
  const { environment: known, env } = command;
  if (known === undefined && Object.values(env).every((value) => value !== undefined)) return { env };
  const all = Object.entries(variablesFor(command));
  return { clearEnv: true, env: Object.fromEntries(all.filter(([, value]) => value !== undefined)) };
}

function stdio(output: Output): string {
  return output === "pipe" ? "piped" : output;
}

function unlessEnded(kill: () => void): void {
  try {
    kill();
  } catch (error) {
    // If the child has ended just now, that is not an error. A missing permission is an error.
    if (error instanceof Error && error.name === "NotCapable") throw error;
  }
}
