// What becomes of a lock whose holder dies, stops or is cut off.
import { jetstream } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { type Cluster, connectCluster } from "../../../mod.ts";
import { RUNTIMES } from "../../suite/runtimes.ts";
import { NatsServer } from "../servers/server.ts";
import { newNamespace, Peer } from "./peer.ts";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.stop());

const LOCK = ["Lock", [{ name: "a" }]] as const;

interface Pair {
  readonly holder: Peer;
  readonly mp: Cluster;
  readonly lock: Cluster["Lock"]["prototype"];
}

/** A holder on a runtime, and another process that wants its lock. */
async function pair(runtime: string, lease: number): Promise<Pair> {
  const namespace = newNamespace();
  const holder = await Peer.start(runtime, { servers: server.url, namespace, lease });
  const mp = await connectCluster({ servers: server.url, namespace });
  onTestFinished(() => mp.close());
  expect(await holder.call(...LOCK, "acquire")).toBe(true);
  return { holder, mp, lock: new mp.Lock({ name: "a" }) };
}

it("goes on as abandoned when its holder is killed", async () => {
  const lease = 1000;
  const pairs = await Promise.all(RUNTIMES.map((runtime) => pair(runtime, lease)));
  const take = async ({ holder, lock }: Pair): Promise<void> => {
    const token = (await holder.call(...LOCK, "token")) as number;
    const start = performance.now();
    holder.signal("SIGKILL");
    await using held = await lock.hold();
    expect(performance.now() - start).toBeLessThan(lease + 2000);
    expect([held.abandoned, held.token > token]).toEqual([true, true]);
  };
  await Promise.all(pairs.map(take));
});

it("is had by the look of a call that does not wait, once the lease of the dead one has lapsed", async () => {
  const { holder, lock } = await pair("node", 1000);
  holder.signal("SIGKILL");
  await vi.waitFor(async () => expect(await lock.acquire({ block: false })).toBe(true), { timeout: 3000, interval: 50 });
  expect(lock.abandoned).toBe(true);
});

it("is looked at a few times a second, also when the holder of which a waiting call knew has given it to another one", async () => {
  const namespace = newNamespace();
  const mp = await connectCluster({ servers: server.url, namespace, lease: 2000 });
  onTestFinished(() => mp.close());
  const stranger = await connect({ servers: server.url });
  const records = await new Kvm(jetstream(stranger)).open(`MP_${namespace}_STATE`);
  const [first, second] = ["a".repeat(32), "b".repeat(32)];
  const hold = async (holder: string): Promise<void> => {
    await records.put(`session.${holder}`, "{}");
    await records.put("lock.n-a", JSON.stringify({ holder, abandoned: false, recursive: false }));
  };
  const known = Promise.withResolvers<void>();
  let reads = 0;
  stranger.subscribe(`$JS.API.STREAM.MSG.GET.KV_MP_${namespace}_STATE`, {
    callback: (_, message) => {
      if (message.string().includes("lock.n-a")) reads++;
      if (message.string().includes(first)) known.resolve();
    },
  });
  await hold(first);
  const acquired = new mp.Lock({ name: "a" }).acquire({ timeout: 4000 });
  await known.promise;
  await hold(second);
  const renewals = setInterval(() => void records.put(`session.${second}`, "{}").catch(() => {}), 50);
  expect(await acquired).toBe(false);
  clearInterval(renewals);
  await stranger.close();
  expect(reads).toBeLessThan(40);
});

it("is lost by a holder that is stopped for longer than the lease", async () => {
  const pairs = await Promise.all(RUNTIMES.map((runtime) => pair(runtime, 1000)));
  const take = async ({ holder, lock }: Pair): Promise<void> => {
    await holder.call(...LOCK, "watchLost");
    holder.signal("SIGSTOP");
    expect([await lock.acquire(), lock.abandoned]).toEqual([true, true]);
    holder.signal("SIGCONT");
    await expect(holder.call(...LOCK, "release")).rejects.toThrow("lease of this lock was lost");
    expect(await holder.call(...LOCK, "whenLost")).toContain("lease of this lock was lost");
    expect(await holder.call(...LOCK, "acquire", { block: false })).toBe(false);
    await lock.release();
    expect(await holder.call(...LOCK, "acquire", { timeout: 2000 })).toBe(true);
  };
  await Promise.all(pairs.map(take));
});

it("tells a holder that has lost it, without being asked", async () => {
  const namespace = newNamespace();
  const mp = await connectCluster({ servers: server.url, namespace, lease: 1000 });
  onTestFinished(() => mp.close());
  const lock = new mp.Lock({ name: "a" });
  const held = await lock.hold();
  await server.pause();
  try {
    await vi.waitFor(() => expect(held.lost.aborted).toBe(true), { timeout: 1500, interval: 10 });
  } finally {
    server.resume();
  }
  await expect(held.release()).rejects.toThrow("lease of this lock was lost");
  await expect(lock.release()).rejects.toThrow("lease of this lock was lost");
  expect(lock.token).toBeUndefined();
  await using next = await lock.hold();
  expect(next.token).toBeGreaterThan(held.token);
  await expect(held.release()).rejects.toThrow("lease of this lock was lost");
  expect(lock.token).toBe(next.token);
});

it("stays with its holder when the server is killed and comes back within the lease", async () => {
  const own = await NatsServer.start();
  onTestFinished(() => own.stop());
  const namespace = newNamespace();
  const mp = await connectCluster({ servers: own.url, namespace, lease: 8000 });
  onTestFinished(() => mp.close());
  const other = await Peer.start("node", { servers: own.url, namespace });
  const lock = new mp.Lock({ name: "a" });
  await using held = await lock.hold();
  const waiting = other.call(...LOCK, "acquire");
  await own.kill();
  await own.restart();
  expect(await other.call(...LOCK, "acquire", { block: false })).toBe(false);
  expect([held.lost.aborted, lock.token]).toEqual([false, held.token]);
  await held.release();
  expect([await waiting, await other.call(...LOCK, "abandoned")]).toEqual([true, false]);
});

it("is not given away by the end of a wait while the server is silent", async () => {
  const namespace = newNamespace();
  const mp = await connectCluster({ servers: server.url, namespace, lease: 5000 });
  onTestFinished(() => mp.close());
  const lock = new mp.Lock({ name: "a" });
  await lock.acquire();
  await lock.release();
  await server.pause();
  try {
    const start = performance.now();
    expect(await lock.acquire({ timeout: 100 })).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  } finally {
    server.resume();
  }
  // What was on its way is given back.
  const other = await Peer.start("node", { servers: server.url, namespace });
  expect([await other.call(...LOCK, "acquire", { timeout: 3000 }), await other.call(...LOCK, "abandoned")]).toEqual([true, false]);
});
