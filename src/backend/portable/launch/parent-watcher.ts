// The module of a helper thread. It alone reads the channel to the parent, so that this process notices the parent's end even if its main
// thread is busy.
import { parentPort, workerData } from "node:worker_threads";
import { runtime } from "../../../runtime/current.ts";
import { remove } from "../../../tree/folder.ts";
import { sleep } from "../../../util/clock.ts";

export interface WatcherSettings {
  /** The pid of this process, which ends when its parent ends. */
  readonly pid: number;
  /** The paths to remove when the parent is gone, because the parent can't remove them any more. */
  readonly orphaned: readonly string[];
  /** Whether the process lives on when its parent is gone. */
  readonly detached: boolean;
}

// The time in milliseconds that the process may take to end after SIGTERM.
const ENDED_WITHIN = 1000;

const { pid, orphaned, detached } = workerData as WatcherSettings;

function parentGone(): void {
  parentPort?.postMessage(null);
  if (detached) return;
  for (const path of orphaned) remove(path);
  // The program may have a handler that cleans up. The timer runs in this thread, whatever the main thread does.
  void sleep(ENDED_WITHIN).then(() => process.kill(pid, "SIGKILL"));
  process.kill(pid, "SIGTERM");
}

runtime.watchStdin((chunk) => parentPort?.postMessage(chunk), parentGone);
