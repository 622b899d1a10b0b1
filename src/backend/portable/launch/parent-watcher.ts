// The module of a helper thread. Only this thread reads the channel to the parent, so that the parent's end is seen even while the main
// thread is busy.
import { parentPort, workerData } from "node:worker_threads";
import { runtime } from "../../../runtime/current.ts";
import { remove } from "../../../tree/folder.ts";

export interface WatcherSettings {
  /** The process that ends with its parent. */
  readonly pid: number;
  /** The paths to remove when the parent is gone: no other process is left to do it. */
  readonly orphaned: readonly string[];
  /** Whether the process lives on when its parent is gone. */
  readonly detached: boolean;
}

const { pid, orphaned, detached } = workerData as WatcherSettings;

function parentGone(): void {
  if (detached) {
    parentPort?.postMessage(null);
    return;
  }
  for (const path of orphaned) remove(path);
  process.kill(pid, "SIGKILL");
}

runtime.watchStdin((chunk) => parentPort?.postMessage(chunk), parentGone);
