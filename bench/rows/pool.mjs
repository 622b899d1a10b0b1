import { availableParallelism } from "node:os";
import { builtin, c, peerPool, polyproc, python, traced, withFiles } from "../commands.mjs";

const NATIVE = /^\w+ native$/;
const PORTABLE = /^\w+ portable$/;
const ON_NODE = /^node native$/;
/** The contender that {@link bare} makes, on the runtime of the subject. */
const FORK = "own fork";
/** The pools of other packages. They run on Node. */
const THREADS = ["piscina", "poolifier-threads"];
const PROCESSES = ["tinypool", "workerpool", "jest-worker", "poolifier-cluster"];

function named(packages) {
  return packages.map((name) => `node ${name}`);
}

/** The least that a pool of processes can be, with nothing but the runtime. It shows what our own pool can't be faster than by much. */
function bare(settings) {
  return builtin("fork", "fork-pool", settings);
}

/** Both backends. */
function ours(program, settings) {
  return { ...polyproc(program, settings), ...polyproc(program, settings, { backend: "portable" }) };
}

export function rows({ ms, samples, starts }) {
  const workers = availableParallelism();
  const row = (id, title, unit, contenders, targets) => ({
    id,
    title,
    unit,
    higherIsBetter: unit.endsWith("/s") || unit === "times",
    contenders,
    targets,
  });
  const contenders = (packages, settings) => {
    const given = { workers, ...settings };
    return {
      ...ours("pool", given),
      ...(settings.what === "map" ? {} : bare(given)),
      ...python("pool.py", given),
      ...Object.assign({}, ...packages.map((name) => peerPool(name, given))),
    };
  };
  const fastest = [
    { subject: ON_NODE, against: named(THREADS), least: 1.5, limit: FORK },
    { subject: ON_NODE, against: named(PROCESSES), least: 4, limit: FORK },
  ];
  const twiceTheFastest = [
    { subject: NATIVE, against: "CPython", least: 4, limit: FORK },
    { subject: ON_NODE, against: named(PROCESSES), least: 2, limit: FORK },
  ];
  const all = [...THREADS, ...PROCESSES];
  const few = ["piscina", "jest-worker"];
  const starting = ["tinypool", "workerpool", "jest-worker"];
  const startsFast = [{ subject: ON_NODE, against: named(starting), most: 1.2, limit: FORK }];
  const idle = { pause: 50, samples };
  return [
    {
      ...row("pool-map", "Pool.map, chunks of one, trivial function", "tasks/s", contenders(all, { what: "map", ms }), [
        { subject: NATIVE, against: "CPython", least: 6 },
        { subject: PORTABLE, against: "CPython", least: 2 },
        ...fastest,
      ]),
      quick: /native|portable|CPython/,
    },
    row(
      "pool-map-traced",
      "Pool.map, chunks of one, trivial function, with a trace",
      "tasks/s",
      { ...polyproc("pool", { workers, what: "map", ms }), ...traced("pool", { workers, what: "map", ms }) },
      [{ subject: /^\w+ traced$/, against: "own native", least: 0.9 }],
    ),
    row("pool-applies", "Pool: many apply at once, trivial function", "tasks/s", contenders(all, { what: "applies", ms }), fastest),
    {
      ...row("pool-apply", "Pool: one apply at a time, busy", "µs", contenders(few, { what: "apply", ms }), [
        { subject: NATIVE, against: "CPython", most: 0.15, limit: FORK },
        { subject: PORTABLE, against: "CPython", most: 1.2, limit: FORK },
        { subject: ON_NODE, against: "node piscina", most: 2, limit: FORK },
        { subject: ON_NODE, against: "node jest-worker", most: 0.4, limit: FORK },
      ]),
      quick: /./,
    },
    row("pool-apply-idle", "Pool: one apply after 50 ms idle", "µs", contenders(few, { what: "apply", ms, ...idle }), [
      { subject: NATIVE, against: "CPython", most: 0.6, limit: FORK },
      { subject: ON_NODE, against: "node piscina", most: 1.3, limit: FORK },
    ]),
    row("pool-start", "Pool made, and a task for each worker done", "ms", contenders(starting, { what: "start", starts }), startsFast),
    row("pool-start-cold", "The same, a program's first pool", "ms", contenders(starting, { what: "start", starts: 1 }), startsFast),
    {
      ...row(
        "pool-numbers",
        "Pool.map of a million numbers, default chunks",
        "numbers/s",
        contenders(PROCESSES, { what: "numbers", ms }),
        twiceTheFastest,
      ),
      quick: /native|CPython/,
    },
    {
      ...row("pool-bytes", "Pool.apply, 1 MiB there and back", "MiB/s", contenders(PROCESSES, { what: "bytes", ms }), twiceTheFastest),
      quick: /native|CPython/,
    },
    {
      ...row(
        "pool-hash",
        "Pool.map of files to their SHA-256, speed-up over a loop",
        "times",
        withFiles({
          ...ours("hash", { workers, ms }),
          ...bare({ workers, ms }),
          ...python("hash.py", { workers, ms }),
          ...c("hash", { workers, ms }),
        }),
        [{ subject: NATIVE, against: "C hash", least: 0.85, limit: FORK }],
      ),
      quick: /native|^C /,
    },
  ];
}
