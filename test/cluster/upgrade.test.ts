// Three servers are replaced one after another, while programs go on. POLYPROC_NATS_NEXT may name a newer nats-server for that.
import { expect, it, onTestFinished } from "vitest";
import { connectCluster } from "../../mod.ts";
import { ServerCluster } from "./servers/server-cluster.ts";
import { newNamespace, Peer } from "./sync/peer.ts";

it("goes on while its servers are replaced one after another: nothing is lost, and locks are kept", async () => {
  // The shortest duration that a server takes.
  await using cluster = await ServerCluster.start({ config: { lame_duck_duration: "30s", lame_duck_grace_period: "1s" } });
  const options = { servers: cluster.urls, namespace: newNamespace() };
  const mp = await connectCluster(options);
  onTestFinished(() => mp.close());
  const other = await Peer.start("node", options);
  expect(await other.call("Lock", [{ name: "theirs" }], "acquire")).toBe(true);
  const held = await new mp.Lock({ name: "ours" }).hold();
  const queue = new mp.Queue<number>({ name: "numbers", maxsize: 50 });
  let isOver = false;
  let count = 0;
  const produced = (async () => {
    for (; !isOver; count++) await queue.put(count);
    await queue.put(-1);
  })();
  const got: number[] = [];
  const consumed = (async () => {
    for (let item = await queue.get(); item !== -1; item = await queue.get()) got.push(item);
  })();

  for (const server of cluster.servers) {
    await server.retire();
    await server.restart(process.env.POLYPROC_NATS_NEXT);
    const before = got.length;
    await expect.poll(() => got.length, { timeout: 30_000 }).toBeGreaterThan(before + 100);
  }
  isOver = true;
  await Promise.all([produced, consumed]);
  expect(got).toEqual(Array.from({ length: count }, (_, i) => i));
  expect(held.lost.aborted).toBe(false);
  await held.release();
  expect(await other.call("Lock", [{ name: "theirs" }], "release")).toBeUndefined();
}, 180_000);
