import { builtin, polyproc, python } from "../commands.mjs";

const ALL = /^\w+ portable$/;

export function rows({ ms }) {
  const queue = (pending) => polyproc("queue", { puts: pending, gets: pending, ms }, { backend: "portable" });
  const row = (id, title, contenders, target) => ({
    id,
    title,
    unit: "items/s",
    higherIsBetter: true,
    contenders,
    targets: [target],
    quick: /./,
  });
  return [
    row(
      "portable-1",
      "Portable Queue 1 to 1, one put and one get at a time",
      { ...queue(1), ...builtin("net round trip", "net", { ms }), ...builtin("net relay", "relay", { ms }) },
      {
        subject: ALL,
        against: "own net round trip",
        least: 0.8,
      },
    ),
    row(
      "portable-64",
      "Portable Queue 1 to 1, 64 puts and 64 gets pending",
      {
        ...queue(64),
        ...builtin("fork advanced", "fork", { what: "rate", serialization: "advanced", ms }),
        ...builtin("net relay", "relay", { pending: 64, ms }),
      },
      { subject: ALL, against: "own fork advanced", least: 0.5 },
    ),
    row(
      "portable-many",
      "Portable Queue 1 to 1, putMany and getMany(100)",
      { ...polyproc("queue", { many: 100, ms }, { backend: "portable" }), ...python("queue_rate.py", { ms }) },
      { subject: ALL, against: "CPython", least: 1 },
    ),
  ];
}
