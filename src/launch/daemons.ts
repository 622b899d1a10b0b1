// As in Python, a process whose work is done asks its daemons to end, and waits for them before it ends itself.
import { holdEventLoop } from "../util/event-loop.ts";

/** A child that this process ends when its own work is done. */
export interface Daemon {
  /** Asks the child to end. Resolves once it has ended. */
  end(): Promise<void>;
}

const daemons = new Set<Daemon>();
let watchesExit = false;

/** Ends the daemon when this process's work is done, unless the returned function is called before. */
export function endWithThisProcess(daemon: Daemon): () => void {
  daemons.add(daemon);
  if (!watchesExit) process.on("beforeExit", endAll);
  watchesExit = true;
  return () => void daemons.delete(daemon);
}

function endAll(): void {
  for (const daemon of daemons) {
    daemons.delete(daemon);
    void daemon.end().finally(holdEventLoop());
  }
}
