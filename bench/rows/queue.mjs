import { builtin, c, onOneCore, polyproc, python, shim } from "../commands.mjs";

const ALL = /^\w+ native$/;
const FORKS = ["own fork advanced", "own fork json"];

function throughput(id, title, settings, extra = {}, targets = []) {
  const contenders = { ...polyproc("queue", settings), ...python("queue_rate.py", settings), ...extra };
  return { id, title, unit: "items/s", higherIsBetter: true, contenders, targets };
}

export function rows({ ms, samples }) {
  const idle = { pause: 50, samples };
  const forked = (serialization) => builtin(`fork ${serialization}`, "fork", { what: "rate", serialization, ms });
  const orientation = {
    ...builtin("Bun.spawn json", "bun-spawn", { what: "rate", serialization: "json", ms }, ["bun"]),
    ...builtin("Bun.spawn advanced", "bun-spawn", { what: "rate", serialization: "advanced", ms }, ["bun"]),
    ...builtin("worker_threads", "worker", { what: "rate", ms }),
    ...c("ring", { what: 0, ms }),
  };
  const forkedTrip = (settings = {}) => builtin("fork advanced", "fork", { what: "trip", serialization: "advanced", ms, ...settings });
  const fifo = (settings) => builtin("fs fifo", "fifo", { ms, ...settings });
  const trip = (settings) => polyproc("round-trip", { via: "queue", ms, ...settings });
  const pipe = (settings) => python("round_trip.py", { via: "pipe", ms, ...settings }, "CPython Pipe");
  const socketpair = (settings = {}) => ({ ...c("socketpair", { ms, ...settings }), ...c("ring", { what: 1, ms, ...settings }) });
  const direct = (settings) => shim("queue", { ms, ...settings });
  const roundTrip = (id, title, contenders, targets) => ({ id, title, unit: "µs", higherIsBetter: false, contenders, targets });
  return [
    {
      ...throughput("queue-1-1", "Queue, small objects, 1 to 1", { ms }, { ...forked("advanced"), ...forked("json"), ...orientation }, [
        { subject: ALL, against: "CPython", least: 8, limit: FORKS },
        { subject: /^bun native$/, against: "bun Bun.spawn json", least: 1 },
        { subject: ALL, against: "own fork advanced", least: 3, goals: { bun: 1.5 } },
      ]),
      quick: /native|CPython|advanced/,
    },
    {
      ...throughput("queue-2-2", "Queue, small objects, 2 to 2", { producers: 2, consumers: 2, ms }, {}, [
        { subject: ALL, against: "CPython", least: 6 },
      ]),
      quick: /./,
    },
    {
      ...throughput("queue-many", "Queue, small objects, 1 to 1, putMany and getMany(100)", { ms }, {}, [
        { subject: ALL, against: "CPython", least: 15, limit: "own fork advanced" },
      ]),
      contenders: {
        ...polyproc("queue", { many: 100, ms }),
        ...python("queue_rate.py", { ms }),
        ...builtin("fork advanced", "fork", { what: "rate", serialization: "advanced", many: 100, ms }),
      },
      quick: /./,
    },
    throughput("queue-1-4", "Queue, small objects, 1 to 4", { producers: 1, consumers: 4, ms }),
    throughput("queue-4-1", "Queue, small objects, 4 to 1", { producers: 4, consumers: 1, ms }),
    throughput("queue-4-4", "Queue, small objects, 4 to 4", { producers: 4, consumers: 4, ms }, {}, [
      { subject: ALL, against: "CPython", least: 6 },
    ]),
    {
      id: "queue-2-2-steady",
      title: "Queue, small objects, 2 to 2: the slowest of ten passes",
      unit: "of the median",
      higherIsBetter: true,
      contenders: polyproc("queue", { producers: 2, consumers: 2, steady: 10, ms }),
      targets: [{ subject: ALL, itself: "the median of the passes", least: 0.6 }],
    },
    throughput("queue-1k", "Queue, 1 KiB items, 1 to 1", { bytes: 1024, ms }),
    throughput("queue-16k", "Queue, 16 KiB items, 1 to 1, maxsize 1024", { bytes: 16384, maxsize: 1024, ms }),
    throughput("queue-1m", "Queue, 1 MiB items, 1 to 1, maxsize 16", { bytes: 1 << 20, maxsize: 16, ms }),
    {
      ...roundTrip(
        "queue-trip",
        "Queue round trip, async, busy",
        {
          ...trip(),
          ...pipe(),
          ...python("round_trip.py", { via: "queue", ms }, "CPython Queue"),
          ...forkedTrip(),
          ...c("ring", { what: 1, ms }),
        },
        [{ subject: ALL, against: "CPython Pipe", most: 0.3, limit: "own fork advanced" }],
      ),
      quick: /native|Pipe/,
    },
    {
      ...roundTrip(
        "queue-trip-idle",
        "Queue round trip, async, after 50 ms idle",
        {
          ...trip(idle),
          ...pipe(idle),
          ...forkedTrip(idle),
          ...c("ring", { what: 1, ms, ...idle }),
        },
        [{ subject: ALL, against: "CPython Pipe", most: 1.2, goals: { deno: 1.6, bun: 1 }, limit: "own fork advanced" }],
      ),
      quick: /./,
    },
    {
      ...roundTrip("queue-trip-sync", "Queue round trip, sync, both spin", { ...trip({ calls: "sync" }), ...socketpair(), ...direct() }, [
        { subject: ALL, against: "C socketpair", most: 0.5 },
      ]),
      quick: /native|^C /,
    },
    roundTrip(
      "queue-trip-sync-idle",
      "Queue round trip, sync, after 50 ms idle",
      { ...trip({ calls: "sync", ...idle }), ...socketpair(idle), ...direct(idle), ...fifo(idle) },
      [{ subject: ALL, against: "own fs fifo", most: 1.3 }],
    ),
    roundTrip(
      "queue-trip-sync-one-core",
      "Queue round trip, sync, both on one core",
      onOneCore({ ...trip({ calls: "sync" }), ...socketpair(), ...direct(), ...fifo() }),
      [{ subject: ALL, against: "own fs fifo", most: 1.3 }],
    ),
  ];
}
