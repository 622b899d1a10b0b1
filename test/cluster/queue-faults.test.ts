// What becomes of the calls of a queue when its connection closes, when a server falls silent, and when the bytes of a large item are gone.
import { once } from "node:events";
import { connect as connectSocket, createServer, type Socket } from "node:net";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, expect, it, onTestFinished, vi } from "vitest";
import { type Cluster, connectCluster } from "../../mod.ts";
import { NatsServer } from "./servers/server.ts";
import { connected } from "./sync/help.ts";
import { newNamespace, Peer } from "./sync/peer.ts";

const LEASE = 1000;
const LARGE = new Uint8Array(3_000_000).map((_, i) => i % 251);
const server = await NatsServer.start();
afterAll(() => server.stop());

const stranger = await connect({ servers: server.url });
afterAll(() => stranger.close());
const manager = await jetstream(stranger).jetstreamManager();

/** Connects a process through a gate, which is told what comes from the server before it passes that on. */
async function connectedThrough(came: (bytes: Buffer, process: Socket, server: Socket) => void): Promise<Cluster> {
  const sockets = new Set<Socket>();
  const gate = createServer((client) => {
    const inner = connectSocket(Number(new URL(server.url).port), "127.0.0.1");
    for (const [from, to] of [
      [client, inner],
      [inner, client],
    ] as const) {
      sockets.add(from.on("error", () => {}).on("close", () => to.destroy()));
      from.on("data", (bytes: Buffer) => {
        if (from === inner) came(bytes, client, inner);
        to.write(bytes);
      });
    }
  }).listen(0, "127.0.0.1");
  await once(gate, "listening");
  onTestFinished(() => {
    gate.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = gate.address() as { readonly port: number };
  return connectCluster({ servers: `nats://127.0.0.1:${port}`, namespace: newNamespace(), lease: LEASE });
}

/** Puts a large item whose bytes somebody removes. */
async function putLost(mp: Cluster, name: string): Promise<Cluster["JoinableQueue"]["prototype"]> {
  const queue = new mp.JoinableQueue({ name });
  await queue.put(LARGE);
  const bucket = `MP_${mp.namespace}_ITEMS`;
  await manager.streams.purge(`OBJ_${bucket}`, { filter: `$O.${bucket}.C.>` });
  return queue;
}

it("close() of a queue, or of the connection, completes the puts that wait for room, and ends the gets", async () => {
  const mp = await connected(server, { lease: LEASE });
  const peer = await Peer.start("node", { servers: server.url, namespace: mp.namespace });
  const take = (): Promise<unknown> => peer.call("Queue", [{ name: "full" }], "get", { timeout: 10_000 });
  const queue = new mp.Queue<number>({ name: "full", maxsize: 1 });
  const puts = [queue.put(1), queue.put(2), queue.put(3)];
  const closedWhile = (get: Promise<unknown>): Promise<void> => expect(get).rejects.toMatchObject({ code: "ERR_POLYPROC_CLOSED" });
  const first = closedWhile(new mp.Queue({ name: "empty" }).get());
  queue.close();
  expect([await take(), await take(), await take()]).toEqual([1, 2, 3]);
  await Promise.all([...puts, queue.joinThread()]);
  const other = new mp.Queue<number>({ name: "full", maxsize: 1 });
  await other.put(4);
  const put = other.put(5);
  const closed = mp.close();
  expect(await take()).toBe(4);
  await Promise.all([put, closed, first]);
});

it("close() of the connection waits no longer than it says for room, and removes what it has to", async () => {
  const mp = await connected(server);
  const [queue, unnamed] = [new mp.Queue<number>({ name: "stays-full", maxsize: 1 }), new mp.Queue<number>()];
  await Promise.all([queue.put(1), unnamed.put(1)]);
  const began = performance.now();
  const refused = expect(queue.put(2)).rejects.toMatchObject({ code: "ERR_POLYPROC_CLOSED" });
  await Promise.all([mp.close(), refused]);
  expect(performance.now() - began).toBeLessThan(8000);
  const names: string[] = [];
  for await (const name of manager.streams.names(`mp.${mp.namespace}.q.>`)) names.push(name);
  expect(names).toEqual([`MP_${mp.namespace}_Q_n-stays-full`]);
});

it("a call that has an item returns it when the server falls silent before it has sent the next ones", async () => {
  const mp = await connectedThrough((bytes, process) => {
    if (bytes.includes("the first item")) process.pause();
  });
  const peer = await Peer.start("node", { servers: server.url, namespace: mp.namespace });
  const queue = new mp.JoinableQueue<string>({ name: "tasks" });
  const got = queue.getMany(10);
  const stream = `MP_${mp.namespace}_Q_n-tasks`;
  await vi.waitFor(async () => expect((await manager.consumers.info(stream, "w")).num_waiting).toBe(1), 20_000);
  await peer.call("JoinableQueue", [{ name: "tasks" }], "put", "the first item");
  expect(await got).toEqual(["the first item"]);
});

it("a large item whose bytes are gone is told once, and does not come again", async () => {
  const mp = await connected(server, { lease: LEASE });
  const queue = await putLost(mp, "lost");
  await queue.put("next");
  await expect(queue.get()).rejects.toMatchObject({ code: "ERR_POLYPROC_OWNER_DIED", message: expect.stringContaining("are gone") });
  expect(await queue.get()).toBe("next");
  await queue.taskDone();
  await queue.join({ timeout: 5000 });
});

it("a call that loads a large item ends with its time and with the connection, and the item goes back", async () => {
  const mp = await connected(server, { lease: LEASE });
  const queue = await putLost(mp, "slow");
  await expect(queue.get({ timeout: 300 })).rejects.toThrow("The queue is empty");
  const ended = expect(queue.get()).rejects.toMatchObject({ code: "ERR_POLYPROC_CLOSED" });
  await mp.close();
  await ended;
  const back = await (await jetstream(stranger).consumers.get(`MP_${mp.namespace}_Q_n-slow`, "w")).next({ expires: 2000 });
  expect(back?.info.deliveryCount).toBeGreaterThan(1);
});

it("a large item that takes longer than the lease to load comes to nobody else", async () => {
  let loaded = 0;
  const mp = await connectedThrough((bytes, _, from) => {
    const before = loaded;
    loaded += bytes.length;
    if (before < 1_000_000 && loaded >= 1_000_000) from.pause();
    if (loaded >= 1_000_000) slow.resolve(from);
  });
  const slow = Promise.withResolvers<Socket>();
  const peer = await Peer.start("node", { servers: server.url, namespace: mp.namespace });
  const queue = new mp.JoinableQueue({ name: "large" });
  await queue.put(LARGE);
  const got = queue.get();
  const socket = await slow.promise;
  await expect(peer.call("JoinableQueue", [{ name: "large" }], "get", { timeout: 2.5 * LEASE })).rejects.toThrow("empty");
  socket.resume();
  expect(await got).toEqual(LARGE);
});
