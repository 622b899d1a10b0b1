import { builtin, polyproc, python } from "../commands.mjs";

export function rows({ ms }) {
  const row = (id, title, calls, limit) => ({
    id,
    title,
    unit: "µs",
    higherIsBetter: false,
    contenders: { ...polyproc("lock", { calls, ms }), ...python("lock.py", { ms }), ...limit },
  });
  // A message that goes one way wakes the other process, as a lock that is released does.
  const message = builtin("fork one way", "fork", { what: "one way", serialization: "advanced", ms });
  const write = builtin("fs fifo one way", "fifo", { what: "one way", ms });
  return [
    row("lock", "Lock hand-over between two processes, async", "async", message),
    row("lock-sync", "Lock hand-over, sync", "sync", write),
  ];
}
