// What grows with what. A curve is a list of rows that differ by one number, its size.
import { onCluster, polyproc, python } from "../commands.mjs";

/** An unbounded queue would take all memory for large items, so at most so many bytes wait in it. */
const MOST_WAITING = 64 << 20;

function curve(id, { title, size, sizes, unit, higherIsBetter = false, contenders }) {
  const points = sizes.map((value) => ({
    size: value,
    row: { id: `${id}-${value}`, title: `${title}, ${size}: ${value}`, unit, higherIsBetter, contenders: contenders(value) },
  }));
  return { id, title, size, unit, points };
}

function powers(base, from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => base ** (from + i));
}

export function curves({ ms, short }) {
  const both = (program, settings) => ({ ...polyproc(program, settings), ...polyproc(program, settings, { backend: "portable" }) });
  return [
    curve("items", {
      title: "Items a second through a queue, 1 to 1",
      size: "bytes an item",
      sizes: powers(4, 2, short ? 9 : 13),
      unit: "items/s",
      higherIsBetter: true,
      contenders: (bytes) => {
        const settings = { bytes, ms, maxsize: Math.max(2, Math.min(10_000, MOST_WAITING / bytes)) };
        return { ...both("queue", settings), ...python("queue_rate.py", settings) };
      },
    }),
    curve("waiters", {
      title: "Round trip through a queue at which processes wait",
      size: "waiting processes",
      sizes: powers(2, 0, short ? 4 : 8),
      unit: "µs",
      contenders: (waiters) => ({ ...polyproc("waiters", { waiters, ms }), ...python("waiters.py", { waiters, ms }) }),
    }),
    curve("children", {
      title: "Time until children that are started at once run",
      size: "children",
      sizes: short ? [1, 5, 20] : [1, 2, 5, 10, 20, 50, 100, 200],
      unit: "ms",
      contenders: (children) => ({
        ...both("start-many", { children }),
        ...python("start_many.py", { method: "spawn", children }, "CPython spawn"),
      }),
    }),
    curve("objects", {
      title: "Memory that queues take in one process",
      size: "queues",
      sizes: powers(10, 0, short ? 2 : 4),
      unit: "MiB",
      contenders: (objects) => ({ ...both("objects", { objects }), ...python("objects.py", { objects }) }),
    }),
    ...[0, 20].map((wait) =>
      curve(`agents-${wait}`, {
        title: `Tasks of a pool of a cluster, ${wait === 0 ? "empty" : `each takes ${wait} ms and no core`}`,
        size: "hosts with an agent of 4 workers",
        sizes: short ? [1, 2] : [1, 2, 4, 8],
        unit: "tasks/s",
        higherIsBetter: true,
        contenders: (agents) => onCluster({ cluster: "polyproc/cluster-agents" }, { agents, wait, ms }, ["node"]),
      }),
    ),
  ];
}
