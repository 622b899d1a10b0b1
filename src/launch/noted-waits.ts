import { page } from "../tree/page.ts";

/** A call of this program that waits for a child. */
export interface WaitForChild {
  readonly call: "join" | "result";
  pid(): number | undefined;
  /** Whether it blocks its thread. */
  readonly isSync: boolean;
}

/** More waits are not told. */
const MOST = 1000;

const waits = new Set<WaitForChild>();

page.tell("waits", () => [...waits].slice(0, MOST).map(({ call, pid, isSync }) => ({ call, pid: pid(), isSync })));

/** Notes for `polyproc ps` that a call waits, until the returned function is called. */
export function noteWait(wait: WaitForChild): () => void {
  waits.add(wait);
  // The event loop does not run while the call blocks it.
  if (wait.isSync) page.write();
  else page.changed();
  return () => {
    waits.delete(wait);
    page.changed();
  };
}
