// The servers of a cluster can do nothing for a while, because too few of them are there to elect a leader.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { connectCluster } from "../../mod.ts";
import { ServerCluster } from "./servers/server-cluster.ts";
import { newNamespace } from "./sync/peer.ts";

/** Without the others, a server takes itself for the leader for about so many milliseconds. */
const BELIEF_MS = 14_000;

it("a queue that is made while the servers have no leader is there when they have one", async () => {
  await using cluster = await ServerCluster.start();
  const [first, ...others] = cluster.servers;
  const mp = await connectCluster({ servers: [first?.url as string], namespace: newNamespace() });
  onTestFinished(() => mp.close());
  await Promise.all(others.map((server) => server.kill()));
  await sleep(BELIEF_MS);
  const queue = new mp.Queue<number>({ name: "numbers" });
  const put = queue.put(1);
  const outcome = await Promise.race([put.then(() => "put", String), sleep(2000)]);
  expect(outcome).toBeUndefined();
  await Promise.all(others.map((server) => server.restart()));
  await put;
  expect(await queue.get()).toBe(1);
}, 120_000);
