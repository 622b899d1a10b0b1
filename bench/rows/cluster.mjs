import { onCluster } from "../commands.mjs";

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
  return [
    row("cluster", "Queue of a cluster: put and get, one at a time", "trip", "µs", { most: 1.3 }),
    row("cluster-many", "Queue of a cluster: putMany and getMany", "many", "items/s", { least: 0.7 }),
  ];
}
