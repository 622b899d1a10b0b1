import { onCluster, onRedis } from "../commands.mjs";

const OURS = /^\w+ cluster$/;
const PLAIN = "own NATS calls";

export function rows({ ms }) {
  const row = (id, title, what, unit, target) => ({
    id,
    title,
    unit,
    higherIsBetter: unit !== "µs",
    contenders: onCluster({ cluster: "polyproc/cluster-queue", "NATS calls": "builtin/nats-queue" }, { what, ms }),
    targets: [{ subject: OURS, against: PLAIN, ...target }],
  });
  // Both servers write to files, and neither waits for the disk with each write: NATS by its default, Redis by `appendfsync everysec`.
  const againstBullMQ = (id, title, unit, ours, theirs, settings, runtimes) => ({
    id,
    title,
    unit,
    higherIsBetter: unit !== "µs",
    contenders: {
      ...onCluster({ cluster: ours }, settings, runtimes),
      ...onRedis({ BullMQ: theirs }, settings, runtimes),
    },
    targets: [{ subject: OURS, against: "own BullMQ", ...(unit === "µs" ? { most: 1 } : { least: 1 }) }],
  });
  // BullMQ stores tasks and results. A pool does not: it sends those again whose agent was lost.
  const pool = (id, title, unit, what) =>
    againstBullMQ(id, title, unit, "polyproc/cluster-pool", "peers/bullmq-pool", { what, ms }, ["node"]);
  return [
    row("cluster", "Queue of a cluster: put and get, one at a time", "trip", "µs", { most: 1.3 }),
    row("cluster-many", "Queue of a cluster: putMany and getMany", "many", "items/s", { least: 0.7 }),
    againstBullMQ(
      "cluster-jobs",
      "JoinableQueue of a cluster: jobs put, taken and done",
      "jobs/s",
      "polyproc/cluster-jobs",
      "peers/bullmq-jobs",
      { ms },
    ),
    pool("cluster-map", "Pool of a cluster: map on one agent, chunks of one", "tasks/s", "map"),
    pool("cluster-apply", "Pool of a cluster: one task there and back", "µs", "apply"),
  ];
}
