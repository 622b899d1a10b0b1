import { polyproc, python } from "../commands.mjs";

export function rows({ ms }) {
  const row = (id, title, calls) => ({
    id,
    title,
    unit: "µs",
    higherIsBetter: false,
    contenders: { ...polyproc("lock", { calls, ms }), ...python("lock.py", { ms }) },
  });
  return [row("lock", "Lock hand-over between two processes, async", "async"), row("lock-sync", "Lock hand-over, sync", "sync")];
}
