// All rows, in the order of the report.
import { rows as busy } from "./rows/busy.mjs";
import { rows as bytes } from "./rows/bytes.mjs";
import { rows as cluster } from "./rows/cluster.mjs";
import { rows as codec } from "./rows/codec.mjs";
import { rows as lock } from "./rows/lock.mjs";
import { rows as manager } from "./rows/manager.mjs";
import { rows as memory } from "./rows/memory.mjs";
import { rows as pipe } from "./rows/pipe.mjs";
import { rows as pool } from "./rows/pool.mjs";
import { rows as portable } from "./rows/portable.mjs";
import { rows as queue } from "./rows/queue.mjs";
import { rows as start } from "./rows/start.mjs";
import { rows as waiters } from "./rows/waiters.mjs";

/** The lengths of passes and pauses in milliseconds, and how often something is measured. Longer passes give steadier numbers. */
const FULL = { ms: 1000, starts: 11, settle: 1000, samples: 31 };
const QUICK = { ms: 150, starts: 3, settle: 400, samples: 11 };

/** All rows. With `short` each pass is short; with `quick` there are also only the rows and programs that a target needs. */
export function allRows({ quick, short }) {
  const scale = quick || short ? QUICK : FULL;
  const all = [queue, pipe, bytes, start, portable, lock, memory, waiters, pool, manager, cluster, codec, busy].flatMap((rows) =>
    rows(scale),
  );
  return quick ? all.filter((row) => row.quick !== undefined).map((row) => narrowed(row, (name) => row.quick.test(name))) : all;
}

/** A row with only the contenders that are wanted. */
export function narrowed(row, isWanted) {
  return { ...row, contenders: Object.fromEntries(Object.entries(row.contenders).filter(([name, each]) => isWanted(name, each))) };
}
