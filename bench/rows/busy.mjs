// Exchanges once more, while a process that computes takes one of the cores. CPython blocks while it waits, and we spin for a moment: on
// a busy machine that moment is somebody else's.
import { whileOneCoreIsTaken } from "../commands.mjs";
import { rows as bytes } from "./bytes.mjs";
import { rows as lock } from "./lock.mjs";
import { rows as pipe } from "./pipe.mjs";
import { rows as pool } from "./pool.mjs";
import { rows as queue } from "./queue.mjs";

const EXCHANGES = [
  "queue-1-1",
  "queue-2-2",
  "queue-trip",
  "queue-trip-idle",
  "pipe-trip",
  "pipe-trip-4k",
  "pipe-trip-idle",
  "bytes-4k",
  "bytes-64k",
  "bytes-1m",
  "bytes-64m",
  "lock",
  "lock-sync",
  "pool-map",
  "pool-apply",
  "pool-apply-idle",
];
const OURS = /^\w+ native$/;
const REFERENCES = ["CPython Pipe", "CPython"];
/** Programs that do the same with nothing but the runtime. A row has one of them at most. */
const BARE = ["fork advanced", "net echo", "fork"];

function twin({ id, title, unit, higherIsBetter, contenders }) {
  const reference = REFERENCES.find((name) => contenders[name] !== undefined);
  const bare = BARE.find((name) => contenders[`node ${name}`] !== undefined);
  const wanted = Object.keys(contenders).filter((name) => OURS.test(name) || name === reference || name.endsWith(` ${bare}`));
  const goal = higherIsBetter ? { least: 1 } : { most: 1 };
  return {
    id: `busy-${id}`,
    title: `${title}, one core taken`,
    unit,
    higherIsBetter,
    contenders: whileOneCoreIsTaken(Object.fromEntries(wanted.map((name) => [name, contenders[name]]))),
    targets: [{ subject: OURS, against: reference, ...goal, limit: bare && `own ${bare}` }],
  };
}

export function rows(scale) {
  return [queue, pipe, bytes, lock, pool]
    .flatMap((make) => make(scale))
    .filter(({ id }) => EXCHANGES.includes(id))
    .map(twin);
}
