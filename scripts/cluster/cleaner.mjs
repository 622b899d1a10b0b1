// What must not outlive this process: servers, folders, network namespaces. A second process, the cleaner, waits for the end of this one, however
// it comes, and clears away what is still there.
import { spawn, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(import.meta.url);
let cleaner;
let count = 0;

/** Sees to it that a task is done when this process has ended: `{ kill: PID }`, `{ remove: FOLDER }` or `{ run: [PROGRAM, ...ARGUMENTS] }`. Call the
 * function that it returns once the task is no longer needed. Later tasks are done first. */
export function atExit(task) {
  cleaner ??= start();
  const id = ++count;
  tell({ id, task });
  return () => tell({ id });
}

function tell(line) {
  cleaner.stdin.write(`${JSON.stringify(line)}\n`);
}

function start() {
  // In a session of its own it does not get the Ctrl-C of the terminal.
  const child = spawn(process.execPath, [file], { stdio: ["pipe", "ignore", "ignore"], detached: true, windowsHide: true });
  child.unref();
  child.stdin.unref();
  return child;
}

async function main() {
  const tasks = new Map();
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, task } = JSON.parse(line);
    if (task === undefined) tasks.delete(id);
    else tasks.set(id, task);
  }
  for (const { kill, remove, run } of [...tasks.values()].reverse()) {
    try {
      if (kill !== undefined) process.kill(kill, "SIGKILL");
      if (remove !== undefined) rmSync(remove, { recursive: true, force: true, maxRetries: 5 });
      if (run !== undefined) spawnSync(run[0], run.slice(1), { timeout: 10_000, killSignal: "SIGKILL" });
    } catch {
      // It is gone already, or nothing can be done about it. The others are still to be cleared away.
    }
  }
}

if (process.argv[1] === file) await main();
