import { runtime } from "../../../runtime/current.ts";
import { SIGN } from "../../../tree/folder.ts";

export interface WatcherSettings {
  /** The pid of this process, which ends when its parent ends. */
  readonly pid: number;
  /** The paths to remove when the parent is gone, because the parent can't remove them any more. */
  readonly orphaned: readonly string[];
  /** Whether the process lives on when its parent is gone. */
  readonly detached: boolean;
}

/** The time in milliseconds that the process may take to end after SIGTERM. */
const ENDED_WITHIN = 1000;

/**
 * The program of a helper thread. It alone reads the channel to the parent, so that this process notices the parent's end even if its main
 * thread is busy. It is a text and not a module, because in a bundle or an executable file this package has no files of its own.
 *
 * A folder's sign is removed last. If this process is killed before that, the next sweep removes the rest. The timer may be the global one,
 * because a program can't replace the timers of another thread.
 */
export const WATCHER: string = `
const { parentPort, workerData: { pid, orphaned, detached } } = process.getBuiltinModule("node:worker_threads");
const { existsSync, readdirSync, rmSync } = process.getBuiltinModule("node:fs");
const options = { recursive: true, force: true };
function remove(path) {
  if (existsSync(path + "/${SIGN}"))
    for (const name of readdirSync(path)) if (name !== "${SIGN}") rmSync(path + "/" + name, options);
  rmSync(path, options);
}
function attempt(path) {
  for (let tries = 0; tries < 2; tries++)
    try {
      return remove(path);
    } catch {}
}
function parentGone() {
  parentPort.postMessage(null);
  if (detached) return;
  orphaned.forEach(attempt);
  setTimeout(() => process.kill(pid, "SIGKILL"), ${ENDED_WITHIN});
  process.kill(pid, "SIGTERM");
}
(${runtime.stdinReader})((chunk) => parentPort.postMessage(chunk), parentGone);
`;
