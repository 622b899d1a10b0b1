// A helper thread: it alone reads the channel to the parent, so that the parent's end is seen whatever the main thread does.
import { parentPort, workerData } from "node:worker_threads";
import { runtime } from "../runtime/current.ts";
import { remove } from "../tree/folder.ts";

export interface WatcherSettings {
  readonly pid: number;
  /** What nobody else is left to remove. */
  readonly orphaned: readonly string[];
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
