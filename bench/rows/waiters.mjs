import { polyproc, python } from "../commands.mjs";

export function rows({ ms }) {
  return [1, 8, 64].map((waiters) => ({
    id: `waiters-${waiters}`,
    title: `Queue round trip, async, ${waiters} ${waiters === 1 ? "process waits" : "processes wait"} at the queue`,
    unit: "µs",
    higherIsBetter: false,
    contenders: { ...polyproc("waiters", { waiters, ms }), ...python("waiters.py", { waiters, ms }, "CPython Queue") },
  }));
}
