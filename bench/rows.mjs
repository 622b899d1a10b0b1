// All rows, in the order of the report.
import { rows as bytes } from "./rows/bytes.mjs";
import { rows as codec } from "./rows/codec.mjs";
import { rows as lock } from "./rows/lock.mjs";
import { rows as memory } from "./rows/memory.mjs";
import { rows as pipe } from "./rows/pipe.mjs";
import { rows as portable } from "./rows/portable.mjs";
import { rows as queue } from "./rows/queue.mjs";
import { rows as start } from "./rows/start.mjs";
import { rows as waiters } from "./rows/waiters.mjs";

/** How long things take: a full run has the patience for a firm number. */
const FULL = { ms: 1000, starts: 11, settle: 1000, samples: 31 };
const QUICK = { ms: 150, starts: 3, settle: 400, samples: 11 };

/** All rows; with `short` passes, or `quick`: only what a target needs, too. */
export function allRows({ quick, short }) {
  const scale = quick || short ? QUICK : FULL;
  const all = [queue, pipe, bytes, start, portable, lock, memory, waiters, codec].flatMap((rows) => rows(scale));
  return quick ? all.filter((row) => row.quick !== undefined).map((row) => narrowed(row, (name) => row.quick.test(name))) : all;
}

/** A row with some of its contenders. */
export function narrowed(row, wanted) {
  return { ...row, contenders: Object.fromEntries(Object.entries(row.contenders).filter(([name, each]) => wanted(name, each))) };
}
