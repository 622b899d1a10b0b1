// What all processes of a namespace have in common, and what no cluster has.

import { afterAll, expect, it, onTestFinished } from "vitest";
import { connectCluster, UnsupportedError } from "../../../mod.ts";
import { NatsServer } from "../servers/server.ts";
import { ServerCluster } from "../servers/server-cluster.ts";
import { connected } from "./help.ts";
import { newNamespace, Peer } from "./peer.ts";

const server = await NatsServer.start();
afterAll(() => server.stop());

it("has the lease that its first process has chosen", async () => {
  const namespace = newNamespace();
  const first = await Peer.start("node", { servers: server.url, namespace, lease: 2000 });
  await expect(connectCluster({ servers: server.url, namespace, lease: 3000 })).rejects.toThrow("has a lease of 2000 ms");
  for (const lease of [undefined, 2000]) await (await connectCluster({ servers: server.url, namespace, lease })).close();
  expect(await first.end()).toBe(0);
});

it("says what to use instead of what many hosts can't share", async () => {
  const mp = await connected(server);
  const makers = [
    () => new mp.Condition(),
    () => new mp.Barrier(2),
    () => mp.Pipe(),
    () => new mp.Manager(),
    () => new mp.SharedMemory({ size: 8 }),
    () => new mp.SharedArray("i32", 4),
  ];
  for (const make of makers) expect(make).toThrow(UnsupportedError);
  expect(() => new mp.Condition()).toThrow("use an Event, or a Queue");
  expect(() => new mp.Lock().acquireSync()).toThrow(UnsupportedError);
});

it("leaves no record behind but those of objects with names", async () => {
  const mp = await connected(server);
  const [lock, named] = [new mp.Lock(), new mp.Lock({ name: "named" })];
  await lock.acquire();
  await named.acquire();
  await named.release();
  await new mp.Semaphore(2).acquire();
  await new mp.Event().set();
  await new mp.SharedValue("i32", 3).add(1);
  await mp.close();
  const { account_details = [] } = (await server.monitor("/jsz?streams=true")) as {
    account_details?: { stream_detail: { name: string; state: { messages: number } }[] }[];
  };
  const bucket = account_details.flatMap((account) => account.stream_detail).find(({ name }) => name === `KV_MP_${mp.namespace}_STATE`);
  // The lease, and when what killed processes had left was removed for the last time.
  expect(bucket?.state.messages).toBe(2);
});

it("keeps its locks and values when the server that leads them is killed", async () => {
  await using cluster = await ServerCluster.start();
  const namespace = newNamespace();
  const mp = await connectCluster({ servers: cluster.urls, namespace });
  onTestFinished(() => mp.close());
  const other = await Peer.start("node", { servers: cluster.urls, namespace });
  const lock = new mp.Lock({ name: "a" });
  await using held = await lock.hold();
  const sum = new mp.SharedValue("i32", 0, { name: "sum" });
  await sum.add(1);
  const waiting = other.call("Lock", [{ name: "a" }], "acquire");
  const { account_details = [] } = (await cluster.named("n1").monitor("/jsz?streams=true")) as {
    account_details?: { stream_detail: { name: string; cluster: { leader: string } }[] }[];
  };
  const leader = account_details.flatMap((account) => account.stream_detail).find(({ name }) => name === `KV_MP_${namespace}_STATE`);
  await cluster.named(leader?.cluster.leader).kill();
  await Promise.all([sum.add(1), other.call("SharedValue", ["i32", 0, { name: "sum" }], "add", 1)]);
  expect([await sum.get(), held.lost.aborted, lock.token]).toEqual([3, false, held.token]);
  await held.release();
  expect(await waiting).toBe(true);
});
