import { builtin, c, onOneCore, polyproc, python, shim } from "../commands.mjs";

const ALL = /^\w+ native$/;
const FORKS = ["own fork advanced", "own fork json"];

export function rows({ ms, samples }) {
  const idle = { pause: 50, samples };
  const trip = (settings, options) => polyproc("round-trip", { via: "pipe", ms, ...settings }, options);
  const cpython = (settings) => python("round_trip.py", { via: "pipe", ms, ...settings });
  const socketpair = (settings) => c("socketpair", { ms, ...settings });
  const messages = (settings) => c("socketpair", { what: 2, ms, ...settings }, "C messages");
  const fifo = (settings) => builtin("fs fifo", "fifo", { ms, ...settings });
  const direct = (settings) => shim("pipe", { ms, ...settings });
  const row = (id, title, contenders, targets = []) => ({ id, title, unit: "µs", higherIsBetter: false, contenders, targets });
  const forked = (serialization, settings = {}) =>
    builtin(`fork ${serialization}`, "fork", { what: "trip", serialization, ms, ...settings });
  const orientation = {
    ...forked("json"),
    ...forked("advanced"),
    ...builtin("Bun.spawn json", "bun-spawn", { what: "trip", serialization: "json", ms }, ["bun"]),
    ...builtin("Bun.spawn advanced", "bun-spawn", { what: "trip", serialization: "advanced", ms }, ["bun"]),
    ...builtin("worker_threads", "worker", { what: "trip", ms }),
  };
  return [
    {
      ...row(
        "pipe-trip",
        "Pipe round trip, async, 32 B, busy",
        { ...trip(), ...cpython(), ...trip({}, { backend: "portable" }), ...orientation, ...socketpair() },
        [{ subject: ALL, against: "CPython", most: 0.6, limit: FORKS }],
      ),
      quick: /native|CPython/,
    },
    row("pipe-trip-4k", "Pipe round trip, async, 4 KiB, busy", {
      ...trip({ bytes: 4096 }),
      ...cpython({ bytes: 4096 }),
      ...forked("advanced", { bytes: 4096 }),
      ...socketpair({ bytes: 4096 }),
    }),
    {
      ...row(
        "pipe-trip-idle",
        "Pipe round trip, async, after 50 ms idle",
        { ...trip(idle), ...cpython(idle), ...forked("advanced", idle), ...socketpair(idle) },
        [{ subject: ALL, against: "CPython", most: 1.2, goals: { deno: 1.6, bun: 1 }, limit: "own fork advanced" }],
      ),
      quick: /./,
    },
    {
      ...row(
        "pipe-trip-sync",
        "Pipe round trip, sync, both spin",
        { ...trip({ calls: "sync" }), ...socketpair(), ...messages(), ...direct() },
        [{ subject: ALL, against: "C socketpair", most: 0.5 }],
      ),
      quick: /native|^C /,
    },
    row(
      "pipe-trip-sync-idle",
      "Pipe round trip, sync, after 50 ms idle",
      { ...trip({ calls: "sync", ...idle }), ...socketpair(idle), ...messages(idle), ...direct(idle), ...fifo(idle) },
      [{ subject: ALL, against: "own fs fifo", most: 1.3 }],
    ),
    row(
      "pipe-trip-sync-one-core",
      "Pipe round trip, sync, both on one core",
      onOneCore({ ...trip({ calls: "sync" }), ...socketpair(), ...messages(), ...direct(), ...fifo() }),
      [{ subject: ALL, against: "own fs fifo", most: 1.3 }],
    ),
  ];
}
