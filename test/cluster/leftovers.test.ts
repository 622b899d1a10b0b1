// What killed processes leave on the servers is removed.
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { type Cluster, connectCluster } from "../../mod.ts";
import { checkClusterOptions } from "../../src/api/cluster-options.ts";
import { Leftovers } from "../../src/backend/nats/leftovers.ts";
import { Link } from "../../src/backend/nats/link.ts";
import { loadPackages } from "../../src/backend/nats/packages.ts";
import { Records } from "../../src/backend/nats/sync/records.ts";
import { RUNTIMES } from "../suite/runtimes.ts";
import { NatsServer } from "./servers/server.ts";
import { newNamespace, Peer } from "./sync/peer.ts";

const LEASE = 1000;
let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.stop());

/** The streams of queues, and the keys of records, without random parts. */
async function stored(namespace: string): Promise<string[]> {
  const connection = await connect({ servers: server.url });
  const manager = await jetstreamManager(connection);
  const found: string[] = [];
  for await (const name of manager.streams.names(`mp.${namespace}.>`)) found.push(name.replace(`MP_${namespace}_Q_`, "queue."));
  const bucket = `MP_${namespace}_STATE`;
  const { state } = await manager.streams.info(`KV_${bucket}`, { subjects_filter: `$KV.${bucket}.>` });
  found.push(...Object.keys(state.subjects ?? {}).map((subject) => subject.replace(`$KV.${bucket}.`, "")));
  await connection.close();
  return found.map((name) => name.replace(/\b(r-)?[0-9a-f]{24,}(-[0-9a-f]+)?$/, "*")).sort();
}

async function linked(namespace: string): Promise<{ readonly link: Link; readonly records: Records }> {
  const link = await Link.open(await loadPackages(), checkClusterOptions({ servers: server.url, namespace }));
  link.lease = LEASE;
  onTestFinished(() => link.close());
  return { link, records: new Records(link) };
}

/** A process that holds a lock with a name, and has objects without names. */
async function holder(runtime: string, namespace: string): Promise<Peer> {
  const peer = await Peer.start(runtime, { servers: server.url, namespace, lease: LEASE });
  await peer.call("Lock", [{ name: "a" }], "acquire");
  await peer.call("Queue", [], "put", "item");
  await peer.call("RLock", [], "acquire");
  await peer.call("Semaphore", [2], "acquire");
  await peer.call("Event", [], "set");
  await peer.call("SharedValue", ["i32", 0], "add", 1);
  await vi.waitFor(async () => expect(await stored(namespace)).toEqual(ALL), { timeout: 20_000, interval: 50 });
  return peer;
}

async function open(namespace: string): Promise<Cluster> {
  const mp = await connectCluster({ servers: server.url, namespace });
  onTestFinished(() => mp.close());
  return mp;
}

const NAMED = ["lease", "cleaned", "lock.n-a"];
const UNNAMED = ["lock", "semaphore", "event", "value"].map((kind) => `unnamed.${kind}.*`);
const ALL = [...NAMED, ...UNNAMED, "owner.*", "queue.*", "session.*"].sort();

it.each(RUNTIMES)(
  "the sessions and the objects without names of a process that was killed are removed, and nothing else, on %s",
  async (runtime) => {
    const namespace = newNamespace();
    const peer = await holder(runtime, namespace);
    peer.signal("SIGKILL");
    const { link, records } = await linked(namespace);
    await records.change("cleaned", () => undefined);
    await new Leftovers(link, records).remove();
    expect(await stored(namespace)).toEqual(ALL);

    const leftovers = new Leftovers(link, records, 500);
    await vi.waitFor(
      async () => {
        await leftovers.remove();
        expect(await stored(namespace)).toEqual([...NAMED].sort());
      },
      { timeout: 20_000, interval: 50 },
    );
    const lock = new (await open(namespace)).Lock({ name: "a" });
    expect([await lock.acquire({ timeout: 5000 }), lock.abandoned]).toEqual([true, true]);
  },
);

it("a process whose session was removed has lost what it held", async () => {
  const namespace = newNamespace();
  const peer = await holder("node", namespace);
  await peer.call("Lock", [{ name: "a" }], "watchLost");
  peer.signal("SIGSTOP");
  const { link, records } = await linked(namespace);
  const leftovers = new Leftovers(link, records, 500);
  await vi.waitFor(
    async () => {
      await leftovers.remove();
      expect(await stored(namespace)).not.toContain("session.*");
    },
    { timeout: 20_000, interval: 50 },
  );
  const lock = new (await open(namespace)).Lock({ name: "a" });
  expect([await lock.acquire({ timeout: 5000 }), lock.abandoned]).toEqual([true, true]);
  peer.signal("SIGCONT");
  expect(await peer.call("Lock", [{ name: "a" }], "whenLost")).toContain("lease of this lock was lost");
  await expect(peer.call("SharedValue", ["i32", 0], "add", 1)).rejects.toThrow("is gone");
  await lock.release();
  expect(await peer.call("Lock", [{ name: "a" }], "acquire", { timeout: 5000 })).toBe(true);
});

it("the next process removes what was left, and a process does not look if another one did not long ago", async () => {
  const namespace = newNamespace();
  const peer = await holder("node", namespace);
  const { records } = await linked(namespace);
  const { revision } = await records.read("cleaned");
  await (await open(namespace)).close();
  expect((await records.read("cleaned")).revision).toBe(revision);
  await records.change("cleaned", () => undefined);
  await open(namespace);
  await vi.waitFor(async () => expect((await records.read("cleaned")).revision).toBeGreaterThan(revision), { timeout: 5000 });
  expect(await stored(namespace)).toEqual(ALL);
  expect(await peer.end()).toBe(0);
});
