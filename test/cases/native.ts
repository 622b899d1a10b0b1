// What only the native backend has: blocking calls, descriptors, limits, objects that outlive their maker.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, statSync, truncateSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import {
  type Connection,
  Empty,
  EOFError,
  Full,
  getContext,
  Pipe,
  Process,
  ProcessDiedError,
  Queue,
  ShutDown,
  SimpleQueue,
  TimeoutError,
  UnsupportedError,
  wait,
  waitSync,
} from "../../mod.ts";
import type { Cases } from "../suite/case.ts";
import { rejects, started } from "../suite/help.ts";
import { scribble, survives, withFile } from "../suite/memory-file.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** These run on the native backend alone. */
export const only = "native";

export const cases: Cases = {
  "queue: putSync, getSync, joinSync, with their errors": async () => {
    const q = new Queue<number>(2);
    q.putSync(1);
    q.putSync(2);
    assert.throws(() => q.putSync(3, { block: false }), Full);
    const start = performance.now();
    assert.throws(() => q.putSync(3, { timeout: 150 }), Full);
    assert.ok(performance.now() - start >= 149);
    assert.throws(() => q.joinSync({ timeout: 20 }), TimeoutError);
    assert.equal(q.getSync(), 1);
    assert.equal(await q.get(), 2);
    assert.throws(() => q.getSync({ timeout: 0 }), Empty);
    assert.throws(() => q.getSync({ timeout: 120 }), Empty);
    await q.taskDone();
    await q.taskDone();
    q.joinSync();
    await q.shutdown();
    assert.throws(() => q.getSync(), ShutDown);
    const simple = new SimpleQueue<string>();
    simple.putSync("x");
    assert.equal(simple.getSync(), "x");
  },
  // In a child: what a thread had open stays open until its process ends.
  "queue, pipe: threads wait on event loops of their own, and are ended while they do": async () => {
    const child = await started({ target: waitInThreads });
    assert.equal(await child.result({ timeout: 20_000 }), 3);
    await child.join();
  },
  "queue: a blocking exchange with another process": async () => {
    const [there, back] = [new Queue<number>(), new Queue<number>()];
    const child = await started({ target: echoQueueSync, args: [there, back] });
    for (let i = 0; i < 1000; i++) {
      there.putSync(i);
      assert.equal(back.getSync({ timeout: 20_000 }), i);
    }
    there.putSync(-1);
    assert.equal(child.joinSync({ timeout: 20_000 }), 0);
  },
  "connection: the blocking calls, and both kinds mixed": async () => {
    const [a, b] = Pipe<unknown>();
    const child = await started({ target: echoConnectionSync, args: [b], transfer: [b] });
    a.sendSync({ deep: [1, "2", a === b] });
    assert.deepEqual(a.recvSync({ timeout: 20_000 }), { deep: [1, "2", false] });
    a.sendBytesSync(new Uint8Array([1, 2, 3]), 1);
    assert.equal(a.pollSync(20_000), true);
    assert.deepEqual(a.recvBytesSync(), new Uint8Array([2, 3]));
    await a.send("async");
    assert.equal(a.recvSync(), "async");
    a.sendSync("sync");
    assert.equal(await a.recv(), "sync");
    const buffer = new Uint8Array(8);
    a.sendBytesSync(new Uint8Array([7]));
    assert.equal(a.recvBytesIntoSync(buffer, 2), 1);
    assert.equal(buffer[2], 7);
    assert.equal(a.pollSync(), false);
    assert.throws(() => a.recvSync({ timeout: 30 }), TimeoutError);
    a.sendSync("end");
    assert.equal(a.recvSync(), "end");
    assert.equal(child.joinSync(), 0);
    assert.throws(() => a.recvSync(), EOFError);
  },
  "connection: a large message blocks until it is read, and is whole": async () => {
    const [a, b] = Pipe();
    const child = await started({ target: countBytes, args: [b], transfer: [b] });
    a.sendBytesSync(new Uint8Array(64 * MIB).fill(5));
    assert.equal(a.recvSync(), 64 * MIB * 5);
    child.joinSync();
  },
  "connection: a timeout of a blocking send counts before its first byte": async () => {
    const [a] = Pipe();
    while (true) {
      try {
        a.sendBytesSync(new Uint8Array(KIB), 0, undefined, { timeout: 0 });
      } catch (error) {
        assert.ok(error instanceof TimeoutError);
        break;
      }
    }
  },
  "process: joinSync and resultSync; what the target threw; how it died": async () => {
    const add = await started({ target: sum, args: [1, 2] });
    assert.equal(add.resultSync({ timeout: 20_000 }), 3);
    assert.equal(add.joinSync(), 0);
    assert.equal(add.exitCode, 0);
    const thrower = await started({ target: throwRange, args: [], stderr: "null" });
    assert.throws(() => thrower.resultSync(), RangeError);
    assert.equal(thrower.joinSync(), 1);
    const sleeper = await started({ target: forever, args: [] });
    assert.equal(sleeper.joinSync({ timeout: 50 }), null);
    assert.throws(() => sleeper.resultSync({ timeout: 50 }), TimeoutError);
    sleeper.kill();
    assert.throws(() => sleeper.resultSync(), ProcessDiedError);
    assert.equal(sleeper.exitCode, -9);
    await sleeper.join();
  },
  "waitSync: connections, queues and processes together": async () => {
    const [a, b] = Pipe();
    const q = new Queue();
    const child = await started({ target: forever, args: [] });
    assert.deepEqual(waitSync([a, q, child], { timeout: 50 }), []);
    b.sendSync(1);
    assert.deepEqual(waitSync([a, q, child]), [a]);
    q.putSync(1);
    assert.deepEqual(waitSync([a, q, child]), [a, q]);
    a.recvSync();
    q.getSync();
    child.kill();
    assert.deepEqual(waitSync([a, q, child.sentinel]), [child.sentinel]);
    assert.deepEqual(await wait([a, q, child]), [child]);
    await child.join();
    const portable = getContext("spawn", { backend: "portable" });
    assert.throws(() => waitSync([new portable.Queue()]), UnsupportedError);
  },
  "a signal's default action ends a blocking call at once": async () => {
    const q = new Queue();
    const ready = new Queue();
    const child = await started({ target: blockedGet, args: [q, ready] });
    await ready.get();
    await delay(100);
    const start = performance.now();
    child.terminate();
    assert.equal(await child.join({ timeout: 10_000 }), -15);
    assert.ok(performance.now() - start < 2000);
  },
  "fileno is an open socket": async () => {
    const [a] = Pipe();
    assert.match(readlinkSync(`/proc/self/fd/${a.fileno()}`), /^socket:/);
    const fd = a.fileno();
    a.close();
    assert.throws(() => readlinkSync(`/proc/self/fd/${fd}`));
  },
  "a child has the descriptors that were declared, and no others": async () => {
    const ready = new Queue();
    const others = Array.from({ length: 20 }, () => Pipe());
    const child = await started({ target: readyForever, args: [ready] });
    await ready.get();
    const fds = descriptorsOf(child.pid);
    // What the runtime opened itself is its own; of its parent's there is nothing but stdout and stderr.
    const sockets = (lines: readonly string[]): string[] => lines.flatMap((fd) => /socket:.*/.exec(fd) ?? []);
    const lines = descriptorsOf(process.pid);
    const outputs = sockets(lines.filter((fd) => /^[12] /.test(fd)));
    const ours = sockets(lines).filter((socket) => !outputs.includes(socket));
    assert.ok(ours.length >= 40);
    for (const ends of others) for (const end of ends) end.close();
    const shared = ours.filter((socket) => fds.some((fd) => fd.endsWith(socket)));
    assert.deepEqual(shared, []);
    assert.ok(!fds.some((fd) => fd.includes("memfd:") && !fd.includes("polyproc")), fds.join("\n"));
    assert.ok(fds.includes("0 /dev/null"), fds.join("\n"));
    child.kill();
    await child.join();
  },
  "limits are set before the child runs": async () => {
    const limits = { openFiles: 200, cpuTime: 5000, nice: 3, cpus: [0], memory: 2 ** 33 };
    const ready = new Queue();
    const child = await started({ target: readyForever, args: [ready], limits });
    await ready.get();
    const seen = limitsOf(child.pid);
    child.kill();
    await child.join();
    assert.match(seen, /Max open files +200 +200/);
    assert.match(seen, /Max cpu time +5 +5/);
    assert.match(seen, /Max data size +8589934592 /);
    assert.match(seen, /Cpus_allowed_list:\t0\n/);
    assert.match(seen, /nice 3/);
    for (const bad of [{ memory: -1 }, { cpus: [] }, { cpus: [5000] }, { openFiles: 1.5 }]) {
      assert.throws(() => new Process({ target: forever, args: [], limits: bad }), RangeError, JSON.stringify(bad));
    }
    assert.throws(() => new Process({ target: forever, args: [], limits: { size: 1 } as never }), TypeError);
    assert.throws(() => new Process({ target: forever, args: [], limits: { memory: "1" } as never }), TypeError);
  },
  "a child that uses more processor time than it may ends by SIGXCPU or SIGKILL": async () => {
    const child = await started({ target: spin, args: [], limits: { cpuTime: 1000 } });
    assert.ok([-24, -9].includes((await child.join({ timeout: 20_000 })) ?? 0));
  },
  "portable objects work in a native tree": async () => {
    const { Queue: PortableQueue, Pipe: portablePipe } = getContext("spawn", { backend: "portable" });
    const q = new PortableQueue<string>();
    const [a, b] = portablePipe<string>();
    const native = new Queue<unknown>();
    const child = await started({ target: useBoth, args: [q, b, native] });
    assert.equal(await q.get({ timeout: 20_000 }), "portable");
    assert.equal(await a.recv(), "connection");
    assert.deepEqual(await native.get(), { inside: "native" });
    await child.join();
    assert.throws(() => q.getSync(), UnsupportedError);
  },
  "a native object in a process without the shim is an UnsupportedError": async () => {
    const child = await started({
      target: sum,
      args: [new Queue() as never, 1],
      env: { POLYPROC_BACKEND: "portable", POLYPROC_NATIVE: "" },
    });
    // The library is there, so even a portable child may use what it is given.
    await child.join();
    const bare = await started({
      target: anything,
      args: [new Queue()],
      env: { POLYPROC_BACKEND: "portable", POLYPROC_NATIVE: "off" },
      stderr: "null",
    });
    await rejects(bare.result(), UnsupportedError, /native/);
    assert.equal(await bare.join(), 1);
  },
  "the maker's death ends no queue": async () => {
    const q = new Queue<Queue<string>>();
    const child = await started({ target: makeAndGive, args: [q] });
    const inner = await q.get({ timeout: 20_000 });
    child.kill();
    await child.join();
    assert.equal(await inner.get({ timeout: 5000 }), "still there");
    await inner.put("more");
    assert.equal(inner.getSync(), "more");
  },
  "an end that nobody received is free once its carrier failed": async () => {
    const full = new Queue(1);
    await full.put(1);
    const [a, b] = Pipe();
    assert.throws(() => full.putSync(b, { timeout: 0 }), Full);
    await rejects(full.putNowait(b), Full);
    b.close();
    await rejects(a.recv(), EOFError);
  },
  "a blocking send waits for what was sent before": async () => {
    const [a, b] = Pipe<Uint8Array>();
    const first = a.sendBytes(new Uint8Array(3 * MIB).fill(7));
    assert.throws(() => a.sendBytesSync(new Uint8Array(100), undefined, undefined, { timeout: 50 }), TimeoutError);
    const child = await started({ target: receiveTwo, args: [b] });
    a.sendBytesSync(new Uint8Array(100).fill(9));
    await first;
    assert.deepEqual(await child.result({ timeout: 20_000 }), [3 * MIB * 7, 900]);
    await child.join();
  },
  "an end that was not sent keeps what it has read": async () => {
    const [a, b] = Pipe<Uint8Array>();
    const full = new Queue(1);
    await full.put("x");
    const sending = a.sendBytes(new Uint8Array(4 * MIB).fill(3));
    await rejects(b.recvBytes(undefined, { timeout: 0 }), TimeoutError);
    await rejects(full.put(b, { timeout: 0 }), Full);
    assert.equal((await b.recvBytes()).length, 4 * MIB);
    await sending;
  },
  "who looks once beside others who wait gets its turn": async () => {
    const q = new Queue<number>();
    const first = q.get();
    for (const item of [1, 2, 3]) q.putSync(item);
    assert.equal(await q.getNowait(), 2);
    assert.equal(await first, 1);
    assert.equal(q.getSync({ timeout: 0 }), 3);
    const second = q.get();
    const start = performance.now();
    await rejects(q.getNowait(), Empty);
    assert.ok(performance.now() - start < 500, "it waited behind the other");
    q.putSync(4);
    assert.equal(await second, 4);
  },
  "a large item on its way in makes no queue full, and none empty": async () => {
    const q = new Queue<unknown>();
    await q.put(0);
    const child = await started({ target: putLarge, args: [q] });
    let [puts, done] = [0, false];
    const result = child.result({ timeout: 20_000 }).finally(() => (done = true));
    for (; !done; puts++) {
      await q.putNowait(puts);
      q.putSync(puts, { timeout: 0 });
      await q.getNowait();
      await delay(1);
    }
    assert.equal(await result, "put");
    await child.join();
  },
  "a message that is half read goes with the end": async () => {
    const [a, b] = Pipe<Uint8Array>();
    const [to, end] = Pipe<Connection>();
    const sending = a.sendBytes(new Uint8Array(4 * MIB).fill(3));
    assert.throws(() => b.recvBytesSync(undefined, { timeout: 30 }), TimeoutError);
    const child = await started({ target: receiveThrough, args: [end] });
    await to.send(b);
    b.close();
    assert.equal(await child.result({ timeout: 20_000 }), 4 * MIB * 3);
    await sending;
    await child.join();
  },
  "memory of consumed items is given back": async () => {
    const { object: q, file } = withFile(() => new Queue<Uint8Array>());
    const item = new Uint8Array(4 * MIB);
    const size = (): number => statSync(file).blocks * 512;
    for (let i = 0; i < 16; i++) await q.put(item);
    assert.ok(size() >= 60 * MIB, String(size()));
    for (let i = 0; i < 16; i++) await q.get();
    assert.ok(size() <= 12 * MIB, String(size()));
    for (let i = 0; i < 50; i++) {
      await q.put(item);
      await q.get();
    }
    assert.ok(size() <= 16 * MIB, String(size()));
  },
  "a stopped holder: waits honour their timeouts, nothing breaks after SIGCONT": async () => {
    const q = new Queue<number>();
    const child = await started({ target: hammer, args: [q] });
    await q.get();
    for (let round = 0; round < 20; round++) {
      process.kill(child.pid as number, "SIGSTOP");
      const start = performance.now();
      await q.put(-1, { timeout: 100 }).catch((error) => assert.ok(error instanceof Full));
      await q.get({ timeout: 100 }).catch((error) => assert.ok(error instanceof Empty));
      assert.ok(performance.now() - start < 2000);
      process.kill(child.pid as number, "SIGCONT");
      await delay(5);
    }
    const stats = await q.stats();
    assert.equal(stats.lost, 0);
    assert.equal(stats.puts - stats.gets, stats.size);
    child.kill();
    await child.join();
  },
  "a peer that writes random words into the queue: an error, no crash, no endless loop": async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { object: q, file } = withFile(() => new Queue<string>());
      for (let i = 0; i < 5; i++) await q.put(`item ${i}`);
      scribble(file, seed);
      await survives([
        () => q.put("x", { timeout: 50 }),
        () => q.get({ timeout: 50 }),
        () => q.stats(),
        () => q.taskDone(),
        () => q.join({ timeout: 50 }),
        () => q.qsize(),
      ]);
      q.close();
    }
  },
  "nobody can make the memory of a queue shorter or longer": async () => {
    const { object: q, file } = withFile(() => new Queue<string>());
    for (const size of [0, statSync(file).size + 1]) assert.throws(() => truncateSync(file, size), { code: "EPERM" });
    await q.put("whole");
    assert.equal(await q.get(), "whole");
  },
};

const waitForever = (): Promise<never> => new Promise(() => setInterval(() => {}, 1000));

export async function forever(): Promise<void> {
  await waitForever();
}

export function sum(a: number, b: number): number {
  return a + b;
}

export function anything(_value: unknown): void {}

export function throwRange(): void {
  throw new RangeError("thrown");
}

export function spin(): void {
  for (;;);
}

export async function waitInThreads(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(new URL(`../programs/thread-queue${import.meta.url.slice(-3)}`, import.meta.url));
    assert.deepEqual((await once(worker, "message"))[0], [1, 2]);
    await worker.terminate();
  }
  const queue = new Queue<number>();
  const item = queue.get({ timeout: 20_000 });
  await delay(20);
  await queue.put(3);
  return item;
}

export function echoQueueSync(there: Queue<number>, back: Queue<number>): void {
  for (let i = there.getSync(); i !== -1; i = there.getSync()) back.putSync(i);
}

export function echoConnectionSync(conn: Connection): void {
  for (;;) {
    const bytes = conn.recvBytesSync();
    conn.sendBytesSync(bytes);
    if (new TextDecoder().decode(bytes).includes("end")) return;
  }
}

export function countBytes(conn: Connection): void {
  conn.sendSync(conn.recvBytesSync().reduce((total, byte) => total + byte, 0));
}

export async function blockedGet(q: Queue, ready: Queue): Promise<void> {
  await ready.put(1);
  q.getSync();
}

export async function readyForever(ready: Queue): Promise<void> {
  await ready.put(1);
  await waitForever();
}

function descriptorsOf(pid: number | null): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [`${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`];
    } catch {
      // Closed in between.
      return [];
    }
  });
}

function limitsOf(pid: number | null): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const nice = stat.slice(stat.lastIndexOf(")")).split(" ")[17];
  return `${readFileSync(`/proc/${pid}/limits`, "utf8")}${readFileSync(`/proc/${pid}/status`, "utf8")}nice ${nice}`;
}

export async function useBoth(q: Queue<string>, conn: Connection, native: Queue<unknown>): Promise<void> {
  await q.put("portable");
  await conn.send("connection");
  native.putSync({ inside: "native" });
}

export async function makeAndGive(q: Queue<Queue<string>>): Promise<void> {
  const inner = new Queue<string>();
  await inner.put("still there");
  await q.put(inner);
  await waitForever();
}

export async function receiveThrough(conn: Connection<Connection>): Promise<number> {
  const end = await conn.recv();
  return (await end.recvBytes()).reduce((total, byte) => total + byte, 0);
}

export async function receiveTwo(end: Connection<Uint8Array>): Promise<number[]> {
  const sum = async (): Promise<number> => (await end.recvBytes()).reduce((total, byte) => total + byte, 0);
  await delay(100);
  return [await sum(), await sum()];
}

export async function putLarge(q: Queue<unknown>): Promise<string> {
  const large = new Uint8Array(64 * MIB);
  for (let i = 0; i < 4; i++) {
    await q.put(large);
    await q.get();
  }
  return "put";
}

export async function hammer(q: Queue<number>): Promise<void> {
  for (let i = 0; ; i++) {
    q.putSync(i);
    if (i % 2 === 1) q.getSync();
    if (i % 1000 === 0) await delay(0);
  }
}
