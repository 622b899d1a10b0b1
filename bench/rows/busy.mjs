// Exchanges once more, while a process that computes takes one of the cores. CPython blocks while it waits, and we spin for a moment: on
// a busy machine that moment is somebody else's.
//
// The portable backend has only the rows that compare it with CPython. The others compare it with node:net, which shares its lot.
import { whileOneCoreIsTaken } from "../commands.mjs";
import { rows as bytes } from "./bytes.mjs";
import { rows as lock } from "./lock.mjs";
import { rows as manager } from "./manager.mjs";
import { rows as pipe } from "./pipe.mjs";
import { rows as pool } from "./pool.mjs";
import { rows as portable } from "./portable.mjs";
import { rows as queue } from "./queue.mjs";
import { rows as waiters } from "./waiters.mjs";

const EXCHANGES = [
  "queue-1-1",
  "queue-2-2",
  "queue-many",
  "queue-1-4",
  "queue-4-1",
  "queue-4-4",
  "queue-1k",
  "queue-16k",
  "queue-1m",
  "queue-trip",
  "queue-trip-idle",
  "pipe-trip",
  "pipe-trip-4k",
  "pipe-trip-idle",
  "bytes-4k",
  "bytes-64k",
  "bytes-1m",
  "bytes-64m",
  "bytes-memory",
  "lock",
  "lock-sync",
  "waiters-64",
  "pool-map",
  "pool-applies",
  "pool-apply",
  "pool-apply-idle",
  "pool-numbers",
  "pool-bytes",
  "manager",
  "manager-4",
  "portable-hub-puts",
  "portable-hub-many",
  "portable-many",
];
const NATIVE = /^\w+ native$/;
const PORTABLE = /^\w+ portable$/;
const REFERENCES = ["CPython Pipe", "CPython Queue", "CPython"];
/** Programs that do the same with nothing but the runtime. A row has one of them at most. */
const BARE = ["fork advanced", "net echo", "net round trip", "fork", "fork in turn", "fork one way", "fs fifo one way"];

function twin({ id, title, unit, higherIsBetter, contenders }) {
  const ours = id.startsWith("portable") ? PORTABLE : NATIVE;
  const reference = REFERENCES.find((name) => contenders[name] !== undefined);
  const bare = BARE.find((name) => contenders[`node ${name}`] !== undefined);
  const wanted = Object.keys(contenders).filter((name) => ours.test(name) || name === reference || name.endsWith(` ${bare}`));
  const goal = higherIsBetter ? { least: 1 } : { most: 1 };
  return {
    id: `busy-${id}`,
    twinOf: id,
    title: `${title}, one core taken`,
    unit,
    higherIsBetter,
    contenders: whileOneCoreIsTaken(Object.fromEntries(wanted.map((name) => [name, contenders[name]]))),
    targets: [{ subject: ours, against: reference, ...goal, limit: bare && `own ${bare}` }],
  };
}

export function rows(scale) {
  return [queue, pipe, bytes, lock, waiters, pool, manager, portable]
    .flatMap((make) => make(scale))
    .filter(({ id }) => EXCHANGES.includes(id))
    .map(twin);
}
