import { builtin, polyproc, python } from "../commands.mjs";

const ALL = /^\w+ portable$/;

export function rows({ ms }) {
  const queue = (settings) => polyproc("queue", { ms, ...settings }, { backend: "portable" });
  const row = (id, title, contenders, target, unit = "items/s") => ({
    id,
    title,
    unit,
    higherIsBetter: unit !== "µs",
    contenders,
    targets: [{ subject: ALL, ...target }],
    quick: /./,
  });
  const net = (settings = {}) => builtin("net round trip", "net", { ms, ...settings });
  const cpython = python("queue_rate.py", { ms });
  const large = { bytes: 1 << 20, ms };
  const forked = (serialization) => builtin(`fork ${serialization}`, "fork", { what: "trip", serialization, ms });
  const trips = builtin("fork advanced", "fork", { what: "trips", serialization: "advanced", ms });
  return [
    row(
      "portable-hub-puts",
      "Portable Queue 1 to 1, the host puts one item at a time",
      { ...queue({ here: "producer" }), ...cpython, ...net() },
      { against: "CPython", least: 0.5, limit: "own net round trip" },
    ),
    row(
      "portable-hub-many",
      "Portable Queue 1 to 1, the host puts, putMany and getMany(100)",
      { ...queue({ here: "producer", many: 100 }), ...cpython },
      { against: "CPython", least: 1 },
    ),
    row(
      "portable-hub-gets",
      "Portable Queue 1 to 1, one put at a time, the host gets",
      { ...queue({ here: "consumer" }), ...net(), ...trips },
      { against: "own net round trip", least: 0.8, limit: "own fork advanced" },
    ),
    row(
      "portable-1",
      "Portable Queue 1 to 1, one put and one get at a time",
      { ...queue({}), ...net(), ...builtin("net relay", "relay", { ms }) },
      { against: "own net round trip", least: 0.8, limit: "own net relay" },
    ),
    row(
      "portable-64",
      "Portable Queue 1 to 1, 64 puts and 64 gets pending",
      {
        ...queue({ puts: 64, gets: 64 }),
        ...builtin("fork advanced", "fork", { what: "rate", serialization: "advanced", ms }),
        ...builtin("net relay", "relay", { pending: 64, ms }),
      },
      { against: "own fork advanced", least: 0.5, limit: "own net relay" },
    ),
    row(
      "portable-many",
      "Portable Queue 1 to 1, putMany and getMany(100)",
      { ...queue({ many: 100 }), ...cpython },
      { against: "CPython", least: 1 },
    ),
    row(
      "portable-pipe",
      "Portable Pipe round trip, 32 B, busy",
      {
        ...polyproc("round-trip", { via: "pipe", ms }, { backend: "portable" }),
        ...net({ what: "trip" }),
        ...forked("json"),
        ...forked("advanced"),
      },
      { against: "own net round trip", most: 1.3, limit: ["own fork json", "own fork advanced"] },
      "µs",
    ),
    row(
      "portable-bytes",
      "Portable Pipe, sendBytes echo, 1 MiB",
      {
        ...polyproc("bytes", large, { backend: "portable" }),
        ...builtin("net echo", "net", { what: "bytes", ...large }),
        ...builtin("fork advanced", "fork", { what: "bytes", serialization: "advanced", ...large }),
      },
      { against: "own net echo", least: 0.8, limit: "own fork advanced" },
      "MiB/s",
    ),
  ];
}
