// Queues of a cluster: what the shared suite does not try, because it has one machine and no server.
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type Cluster, type ClusterOptions, connectCluster } from "../../mod.ts";
import { Program, type ProgramOptions } from "../suite/program.ts";
import { RUNTIMES } from "../suite/runtimes.ts";
import { NatsServer } from "./servers/server.ts";
import { ServerCluster } from "./servers/server-cluster.ts";

const LEASE = 1000;
const server = await NatsServer.start();
afterAll(() => server.stop());

/** This process, connected to a namespace of its own. */
async function connected(options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  const mp = await connectCluster({ servers: server.url, namespace: `t-${randomUUID()}`, ...options });
  onTestFinished(() => mp.close());
  return mp;
}

function program(runtime: string, name: string, mp: Cluster, args: readonly string[], options: ProgramOptions = {}): Program {
  const path = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  return new Program(runtime, path, { args: [server.url, mp.namespace, ...args], ...options });
}

const VALUES = [
  null,
  "text",
  -0,
  12345678901234567890n,
  new Date(0),
  new Map([["a", new Set([1, 2])]]),
  { deep: [{ er: /x/g }], bytes: new Uint8Array([1, 2, 3]) },
  new RangeError("as itself"),
  // It goes through the object store.
  new Uint8Array(3_000_000).map((_, i) => i % 251),
];

it("values pass from Node to Deno to Bun and back", async () => {
  const mp = await connected();
  const first = new mp.Queue({ name: "0", maxsize: 4 });
  const last = new mp.Queue<unknown>({ name: "3" });
  const relays = RUNTIMES.map((runtime, i) => program(runtime, "relay", mp, [String(i), String(i + 1)]));
  await first.putMany(VALUES);
  await first.shutdown();
  const came: unknown[] = [];
  for await (const item of last) came.push(item);
  expect(came).toEqual(VALUES);
  for (const relay of relays) expect(await relay.closed, relay.stderr).toBe(0);
});

it("three runtimes put into a queue with a limit: each producer's items come in order, and never more than the limit are there", async () => {
  const mp = await connected();
  const queue = new mp.Queue<[string, number]>({ name: "bounded", maxsize: 5 });
  const producers = RUNTIMES.map((runtime) => program(runtime, "produce", mp, ["bounded", runtime, "40"]));
  const came = new Map<string, number[]>(RUNTIMES.map((runtime) => [runtime, []]));
  for (let i = 0; i < 120; i++) {
    if (i % 20 === 0) expect((await queue.stats()).size).toBeLessThanOrEqual(5);
    const [id, n] = await queue.get({ timeout: 20_000 });
    came.get(id)?.push(n);
  }
  const all = Array.from({ length: 40 }, (_, i) => i);
  expect([...came]).toEqual(RUNTIMES.map((runtime) => [runtime, all]));
  for (const producer of producers) expect(await producer.closed, producer.stderr).toBe(0);
});

it("what was put or given back is there for a call that does not wait", async () => {
  const mp = await connected();
  // Many at once, because a server that has much to do gives an item out later than it confirms it.
  const rounds = Array.from({ length: 20 }, async () => {
    const [queue, tasks] = [new mp.Queue<number>(), new mp.JoinableQueue<number>()];
    for (let i = 0; i < 10; i++) {
      await Promise.all([queue.putMany([i, -i]), tasks.put(i)]);
      expect(await queue.get({ block: false })).toBe(i);
      expect(await queue.getMany(10, { block: false })).toEqual([-i]);
      const given = await tasks.getTask({ timeout: 0 });
      if (i % 2 === 0) given.fail();
      else await given.giveBack();
      await expect(given.giveBack()).rejects.toThrow("each item is ended once");
      const task = await tasks.getTask({ timeout: 0 });
      expect([task.value, task.attempt]).toEqual([i, 2]);
      await task.done();
    }
  });
  await Promise.all(rounds);
});

describe.each(RUNTIMES)("%s", (runtime) => {
  it("a task of a consumer that is killed goes to another one, and so does that of one that is stopped", async () => {
    const mp = await connected({ lease: LEASE });
    const queue = new mp.JoinableQueue<string>({ name: "tasks" });
    for (const [signal, attempt] of [
      ["SIGKILL", 2],
      ["SIGSTOP", 2],
    ] as const) {
      await queue.put(signal);
      const consumer = program(runtime, "take-task", mp, ["tasks", String(LEASE)], { stdin: "pipe" });
      expect(await consumer.json()).toEqual([signal, 1]);
      consumer.child.kill(signal);
      const task = await queue.getTask({ timeout: LEASE + 5000 });
      expect([task.value, task.attempt]).toEqual([signal, attempt]);
      await task.done();
      await queue.join({ timeout: 5000 });
      if (signal !== "SIGSTOP") continue;
      // It goes on, and finds that its task is done.
      consumer.child.kill("SIGCONT");
      consumer.child.stdin?.end("\n");
      expect(await consumer.closed, consumer.stderr).toBe(0);
    }
  });

  it("a consumer that works for longer than the lease keeps its task", async () => {
    const mp = await connected({ lease: LEASE });
    const queue = new mp.JoinableQueue<string>({ name: "long" });
    await queue.put("work");
    const consumer = program(runtime, "take-task", mp, ["long", String(LEASE)], { stdin: "pipe" });
    expect(await consumer.json()).toEqual(["work", 1]);
    await expect(queue.getTask({ timeout: 3 * LEASE })).rejects.toThrow("The queue is empty");
    consumer.child.stdin?.end("\n");
    await queue.join({ timeout: 5000 });
    expect(await consumer.closed, consumer.stderr).toBe(0);
  });

  it("an idle connection lets the program end, and a call that waits does not", async () => {
    const mp = await connected();
    const idle = program(runtime, "idle", mp, []);
    expect(await idle.closed, idle.stderr).toBe(0);
    const waiting = program(runtime, "idle", mp, ["waits"]);
    expect(await waiting.json()).toBe("first");
    await new mp.Queue<string>({ name: "idle" }).put("second");
    expect(await waiting.closed, waiting.stderr).toBe(0);
    expect(waiting.stdout).toContain("second");
  });
});

it("puts and gets go on after the server was killed and has restarted, and no item is lost", async () => {
  await using own = await NatsServer.start({ config: { jetstream: { sync_interval: "always" } } });
  const mp = await connected({ servers: own.url });
  const queue = new mp.Queue<number>({ name: "kept" });
  const taken: number[] = [];
  const taking = (async () => {
    for await (const n of queue) taken.push(n);
  })();
  for (let i = 0; i < 60; i++) {
    if (i === 20 || i === 40) {
      await own.kill();
      void own.restart();
    }
    await queue.put(i);
  }
  await queue.shutdown();
  await taking;
  const all = Array.from({ length: 60 }, (_, i) => i);
  expect(all.filter((n) => !taken.includes(n))).toEqual([]);
  // An item may come twice if the server was killed before it had stored that it was taken.
  expect(taken.length).toBeLessThanOrEqual(63);
});

it("items that are put and taken together stay in order, and none is lost, when the server is killed and restarts", async () => {
  await using own = await NatsServer.start({ config: { jetstream: { sync_interval: "always" } } });
  const mp = await connected({ servers: own.url });
  const queue = new mp.Queue<number>();
  const all = Array.from({ length: 1000 }, (_, i) => i);
  const putting = queue.putMany(all);
  // A set, because an item may come twice.
  const taken = new Set<number>();
  for (let kills = 0; taken.size < all.length; ) {
    for (const each of await queue.getMany(100)) taken.add(each);
    if (taken.size < 300 * kills) continue;
    await own.kill();
    await own.restart();
    kills++;
  }
  await putting;
  expect([...taken]).toEqual(all);
});

it("an item that was pulled for a call which has ended goes to another taker", async () => {
  const mp = await connected();
  const queue = new mp.JoinableQueue<number>({ name: "shared" });
  const other = new mp.JoinableQueue<number>({ name: "shared" });
  for (let turns = 0; turns < 25; turns++) {
    await queue.putMany([1, 2]);
    const abort = new AbortController();
    const [first, second] = [queue.getTask(), queue.getTask({ signal: abort.signal }).catch(() => undefined)];
    for (let i = 0; i < turns; i++) await new Promise(setImmediate);
    abort.abort();
    const tasks = [await first, (await second) ?? (await other.getTask({ timeout: 5000 }))];
    expect(tasks.map(({ value }) => value)).toEqual([1, 2]);
    for (const task of tasks) await task.done();
  }
});

it("calls with a time limit end soon after it while the server does not reply, and go on when it does", async () => {
  await using own = await NatsServer.start();
  const mp = await connected({ servers: own.url });
  const queue = new mp.Queue<number>({ name: "silent" });
  await queue.put(1);
  await own.pause();
  const began = performance.now();
  await Promise.all([
    expect(queue.put(2, { timeout: 300 })).rejects.toMatchObject({ code: "ERR_POLYPROC_TIMEOUT", mayHaveHappened: true }),
    expect(queue.get({ timeout: 300 })).rejects.toMatchObject({ code: "ERR_POLYPROC_TIMEOUT" }),
  ]);
  expect(performance.now() - began).toBeLessThan(9000);
  own.resume();
  // What the server hands to the get that has ended goes back, and may come after the item behind it.
  const items = [await queue.get({ timeout: 20_000 }), await queue.get({ timeout: 20_000 })];
  expect(items.sort()).toEqual([1, 2]);
});

it("three servers: puts go on when the leader of the queue is killed, and no item is lost", async () => {
  await using cluster = await ServerCluster.start();
  const mp = await connected({ servers: cluster.urls });
  const queue = new mp.Queue<number>({ name: "copied" });
  for (let i = 0; i < 10; i++) await queue.put(i);
  await using probe = await connect({ servers: cluster.urls });
  const info = await (await jetstream(probe).jetstreamManager()).streams.info(`MP_${mp.namespace}_Q_n-copied`);
  expect(info.config.num_replicas).toBe(3);
  // Such as one that was made while a server was missing.
  const config = { ...info.config, name: `MP_${mp.namespace}_Q_n-alone`, subjects: [`mp.${mp.namespace}.q.n-alone`], num_replicas: 1 };
  await (await jetstream(probe).jetstreamManager()).streams.add(config);
  const alone = new mp.Queue<string>({ name: "alone" });
  await alone.put("has one copy");
  expect(await alone.get()).toBe("has one copy");
  await cluster.named(info.cluster?.leader).kill();
  for (let i = 10; i < 20; i++) await queue.put(i);
  const items: number[] = [];
  // The new leader may give the first ones before it knows of the last one.
  while (items.length < 20) items.push(...(await queue.getMany(20 - items.length)));
  expect(items).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

describe("what is wrong is said", () => {
  it("no server, no JetStream, wrong credentials, a namespace that is connected", async () => {
    const options = { namespace: "none" };
    await expect(connectCluster({ ...options, servers: "nats://127.0.0.1:9" })).rejects.toMatchObject({ code: "ERR_POLYPROC_STATE" });
    await using strict = await NatsServer.start({ config: { authorization: { user: "me", password: "right" } } });
    const wrong = { ...options, servers: strict.url, creds: { user: "me", password: "wrong" } };
    await expect(connectCluster(wrong)).rejects.toMatchObject({ code: "ERR_POLYPROC_AUTHENTICATION" });
    await (await connectCluster({ ...wrong, creds: { user: "me", password: "right" } })).close();
    const mp = await connected();
    await expect(connected({ namespace: mp.namespace })).rejects.toThrow("is connected to the namespace");
  });

  it("a queue of a name has one limit, and is joinable or not", async () => {
    const mp = await connected();
    await new mp.Queue({ name: "q", maxsize: 3 }).put(1);
    await new mp.Queue({ name: "q" }).put(2);
    await expect(new mp.Queue({ name: "q", maxsize: 4 }).put(3)).rejects.toThrow("exists with maxsize 3");
    await expect(new mp.JoinableQueue({ name: "q" }).put(3)).rejects.toThrow("no JoinableQueue");
  });

  it("bytes that are no value end one get, and the next one goes on", async () => {
    const mp = await connected();
    const queue = new mp.Queue<string>({ name: "hostile" });
    await queue.empty();
    await using stranger = await connect({ servers: server.url });
    for (const bytes of ["", "garbage", "\u0001\u00ff\u00ff\u00ff\u00ff"])
      await jetstream(stranger).publish(`mp.${mp.namespace}.q.n-hostile`, bytes);
    await queue.put("good");
    for (let i = 0; i < 3; i++) await expect(queue.get({ timeout: 5000 })).rejects.toMatchObject({ code: "ERR_POLYPROC_SERIALIZATION" });
    expect(await queue.get()).toBe("good");
  });

  it.each([
    ["a store", { jetstream: { max_file_store: 300_000 } }],
    [
      "an account",
      { accounts: { A: { jetstream: { max_file: 300_000 }, users: [{ user: "me", password: "mine" }] } }, no_auth_user: "me" },
    ],
  ])("%s that is full refuses a put, and takes one again when there is room", async (_, config) => {
    await using small = await NatsServer.start({ config });
    const mp = await connected({ servers: small.url });
    const queue = new mp.Queue<Uint8Array>({ name: "disk" });
    const item = new Uint8Array(50_000);
    let count = 0;
    const fill = async (): Promise<void> => {
      for (; count < 20; count++) await queue.put(item);
    };
    await expect(fill()).rejects.toMatchObject({ code: "ERR_POLYPROC_UNSUPPORTED", message: expect.stringMatching(/no room/) });
    expect((await queue.getMany(20)).length).toBe(count);
    await vi.waitFor(() => queue.put(item), 5000);
  });
});

it("a thousand queues without names are removed when their maker closes the connection", async () => {
  const mp = await connectCluster({ servers: server.url, namespace: `t-${randomUUID()}` });
  const queues = Array.from({ length: 1000 }, () => new mp.Queue<number>());
  await Promise.all(queues.map((queue, i) => queue.put(i)));
  expect(await Promise.all(queues.map((queue) => queue.get()))).toEqual(queues.map((_, i) => i));
  await mp.close();
  await using probe = await connect({ servers: server.url });
  const manager = await jetstream(probe).jetstreamManager();
  const left: string[] = [];
  for await (const name of manager.streams.names(`mp.${mp.namespace}.>`)) left.push(name);
  expect(left).toEqual([]);
});
