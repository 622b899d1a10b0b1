import { copyOf } from "../util/bytes.ts";
import { type Entry, entriesIn } from "./entries.ts";
import type { Repeatable } from "./repeatable.ts";
import type { PoolTarget } from "./targets.ts";
import type { TaskWork } from "./task-work.ts";
import type { LostTask } from "./worker-source.ts";

/** What the tasks of a pool have in common. */
export interface TaskHost {
  readonly initializer: PoolTarget | undefined;
  /** Returns the named arguments of a call by their number. */
  kwargsOf(number: number): Repeatable | undefined;
}

/** Returns what is needed to run a task again that is given up. */
export function lostTask(pool: TaskHost, work: TaskWork, index: number): Omit<LostTask, "error"> {
  const again = work.again(index);
  const args = valueIn(again.message().bytes);
  again.sent();
  again.drop();
  const { call, kind, attempt: attempts } = work;
  const kwargs = pool.kwargsOf(call.kwargs)?.bytes;
  return { target: call.target.ref, kind, args, kwargs: kwargs && valueIn(kwargs), initializer: pool.initializer?.ref, attempts };
}

function valueIn(message: Uint8Array): Uint8Array {
  return copyOf((entriesIn(message)[0] as Entry).value);
}
