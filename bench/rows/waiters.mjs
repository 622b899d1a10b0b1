import { builtin, polyproc, python } from "../commands.mjs";

const ALL = /^\w+ native$/;

export function rows({ ms, settle }) {
  const atOne = [1, 8, 64].map((waiters) => ({
    id: `waiters-${waiters}`,
    title: `Queue round trip, async, ${waiters} ${waiters === 1 ? "process waits" : "processes wait"} at the queue`,
    unit: "µs",
    higherIsBetter: false,
    contenders: {
      ...polyproc("waiters", { waiters, ms }),
      ...python("waiters.py", { waiters, ms }, "CPython Queue"),
      ...builtin("fork in turn", "fork", { what: "trip", serialization: "advanced", children: waiters, ms }),
    },
    targets: waiters === 64 ? [{ subject: ALL, against: "CPython Queue", most: 1, limit: "own fork in turn" }] : [],
  }));
  // A queue takes two descriptors. Where a process may open fewer than 18,100, the last row fails.
  const atMany = [1000, 9000].map((queues) => ({
    id: `idle-queues-${queues}`,
    title: `A process waits at ${queues} queues, and nothing happens`,
    unit: "% of a core",
    higherIsBetter: false,
    contenders: polyproc("idle-queues", { queues, settle }),
  }));
  return [...atOne, ...atMany];
}
