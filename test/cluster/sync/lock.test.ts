// Locks of a cluster, from processes on the three runtimes.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type Cluster, ClusterLock, connectCluster } from "../../../mod.ts";
import { RUNTIMES } from "../../suite/runtimes.ts";
import { NatsServer } from "../servers/server.ts";
import { newNamespace, Peer } from "./peer.ts";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.stop());

async function open(namespace: string = newNamespace(), lease = 1000): Promise<Cluster> {
  const mp = await connectCluster({ servers: server.url, namespace, lease });
  onTestFinished(() => mp.close());
  return mp;
}

it("excludes processes on three runtimes from each other, and its tokens rise", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pp-count-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "count");
  writeFileSync(file, "0");
  const namespace = newNamespace();
  const peers = await Promise.all(RUNTIMES.map((runtime) => Peer.start(runtime, { servers: server.url, namespace, lease: 5000 })));
  await Promise.all(peers.map((peer) => peer.call("Lock", [{ name: "counter" }], "count", file, 40)));
  expect(readFileSync(file, "utf8")).toBe("120");
  const tokens = readFileSync(`${file}.tokens`, "utf8").trim().split("\n").map(Number);
  expect(tokens.length).toBe(120);
  expect(tokens.filter((token, i) => i > 0 && token <= (tokens[i - 1] ?? 0))).toEqual([]);
  expect(await Promise.all(peers.map((peer) => peer.end()))).toEqual([0, 0, 0]);
});

it("ends its waits in time, by abort and by close, and then has nothing", async () => {
  const namespace = newNamespace();
  const peer = await Peer.start("node", { servers: server.url, namespace, lease: 1000 });
  const [kind, options] = ["Lock", [{ name: "a" }]] as const;
  expect(await peer.call(kind, options, "acquire")).toBe(true);
  const mp = await open(namespace);
  const lock = new mp.Lock({ name: "a" });
  expect(await lock.acquire({ block: false })).toBe(false);
  expect(await lock.acquire({ timeout: 50 })).toBe(false);
  await expect(lock.hold({ timeout: 50 })).rejects.toThrow("could not be acquired in time");
  await expect(lock.acquire({ signal: AbortSignal.timeout(50) })).rejects.toThrow("timeout");
  await expect(lock.release()).rejects.toThrow("does not hold the lock");
  const waiting = lock.acquire();
  lock.close();
  await expect(waiting).rejects.toThrow("closed");
  await peer.call(kind, options, "release");
  expect(await peer.call(kind, options, "acquire", { timeout: 2000 })).toBe(true);
  const other = new mp.Lock({ name: "a" });
  const late = expect(other.acquire()).rejects.toThrow("connection to the cluster is closed");
  await mp.close();
  await late;
});

it("is had by a task at a time, and as an RLock by all tasks of a process", async () => {
  const mp = await open();
  const lock = new mp.Lock();
  let holders = 0;
  const use = async (): Promise<void> => {
    await using held = await lock.hold();
    expect([++holders, held.abandoned, held.lost.aborted]).toEqual([1, false, false]);
    await new Promise((resolve) => setTimeout(resolve, 1));
    holders--;
  };
  await Promise.all(Array.from({ length: 20 }, use));
  expect([lock.token, lock.lost]).toEqual([undefined, undefined]);
  const shared = new mp.RLock();
  await Promise.all([shared.acquire(), shared.acquire(), shared.acquire()]);
  const { token } = shared;
  expect(token).toBeGreaterThan(0);
  await shared.release();
  await shared.release();
  expect(shared.token).toBe(token);
  await shared.release();
  expect(shared.token).toBeUndefined();
  await expect(shared.release()).rejects.toThrow("does not hold the lock");
});

it("goes to the next one as abandoned when its holder closes it, or ends", async () => {
  const namespace = newNamespace();
  const mp = await open(namespace);
  const peer = await Peer.start("bun", { servers: server.url, namespace });
  const [kind, options] = ["Lock", [{ name: "left" }]] as const;
  const lock = new mp.Lock({ name: "left" });
  expect(await peer.call(kind, options, "acquire")).toBe(true);
  const waiting = lock.acquire();
  await peer.call(kind, options, "close");
  expect([await waiting, lock.abandoned]).toEqual([true, true]);
  await lock.release();
  expect([await lock.acquire(), lock.abandoned]).toEqual([true, false]);
  await lock.release();
  const [own, others] = [{ kind: "RLock", options: [{ name: "both" }] }, new mp.RLock({ name: "both" })];
  expect(await peer.call(own.kind, own.options, "acquire")).toBe(true);
  const second = others.acquire();
  expect(await peer.end()).toBe(0);
  expect([await second, others.abandoned]).toEqual([true, true]);
});

it("travels in messages, and an object without a name is gone with its maker", async () => {
  const namespace = newNamespace();
  const mp = await open(namespace);
  const queue = new mp.Queue<ClusterLock>({ name: "locks" });
  const lock = new mp.Lock();
  await lock.acquire();
  await queue.put(lock);
  const same = await queue.get();
  expect(same).toBeInstanceOf(ClusterLock);
  expect(await same.acquire({ block: false })).toBe(false);
  await same.release();
  const maker = await Peer.start("node", { servers: server.url, namespace });
  const own = new mp.Lock();
  await queue.put(own);
  await maker.end();
  await mp.close();
  const after = await connectCluster({ servers: server.url, namespace });
  onTestFinished(() => after.close());
  const orphan = await new after.Queue<ClusterLock>({ name: "locks" }).get();
  await expect(orphan.acquire()).rejects.toThrow("This lock is gone");
});
