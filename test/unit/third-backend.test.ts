// Nothing outside of a backend's own folder has to change for a third backend: this one is added by one call, and the public classes use it.
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type BackendName,
  Empty,
  Full,
  getContext,
  SimpleQueue as PlainSimpleQueue,
  ShutDown,
  StateError,
  TimeoutError,
  UnsupportedError,
  wait,
} from "../../mod.ts";
import { registerBackend } from "../../src/backend/registry.ts";
import { countObjects, memoryProvider, REFUSED_NAME } from "../suite/memory-backend.ts";

beforeAll(() => registerBackend(memoryProvider));
afterEach(() => expect(countObjects()).toBe(0));

const context = () => getContext("spawn", { backend: "memory" as BackendName });

describe("a queue of a third backend", () => {
  it("is bounded, first in first out, and counts", async () => {
    const queue = new (context().Queue)<unknown>(2);
    await queue.put({ id: 1 });
    await queue.putNowait([2n, -0]);
    expect(await queue.full()).toBe(true);
    await expect(queue.put(3, { timeout: 10 })).rejects.toBeInstanceOf(Full);
    await expect(queue.put(3, { block: false })).rejects.toBeInstanceOf(Full);
    expect(await queue.get()).toEqual({ id: 1 });
    expect(await queue.getNowait()).toEqual([2n, -0]);
    await expect(queue.get({ timeout: 10 })).rejects.toBeInstanceOf(Empty);
    expect(await queue.stats()).toMatchObject({ puts: 2, gets: 2, size: 0 });
    queue.close();
  });

  it("puts and takes many items, and ends a wait for those of processes that have ended, without calls of its own for that", async () => {
    const queue = new (context().Queue)<number>(2);
    const putting = queue.putMany([1, 2, 3, 4, 5]);
    const items: number[] = [];
    while (items.length < 5) items.push(...(await queue.getMany(10)));
    expect([items, await putting]).toEqual([[1, 2, 3, 4, 5], 5]);
    await expect(queue.putMany([1, 2, 3], { block: false })).rejects.toMatchObject({ code: "ERR_POLYPROC_FULL", added: 2 });
    expect(await queue.getMany(1, { from: [] })).toEqual([1]);
    expect(await queue.get({ from: [] })).toBe(2);
    await expect(queue.get({ from: [] })).rejects.toBeInstanceOf(ShutDown);
    queue.close();
  });

  it("lets a get and a put wait for each other, and an abort end a get without taking an item", async () => {
    const queue = new (context().Queue)<number>(1);
    const aborted = queue.get({ signal: AbortSignal.timeout(20) });
    await expect(aborted).rejects.toMatchObject({ name: "TimeoutError" });
    const waiting = queue.get();
    await queue.put(1);
    expect(await waiting).toBe(1);
    await queue.put(2);
    const second = queue.put(3);
    expect([await queue.get(), await queue.get()]).toEqual([2, 3]);
    await second;
    queue.close();
  });

  it("is joined, shut down and iterated", async () => {
    const queue = new (context().JoinableQueue)<string>();
    await queue.put("a");
    await queue.put("b");
    await expect(queue.join({ timeout: 10 })).rejects.toBeInstanceOf(TimeoutError);
    const joined = queue.join();
    await queue.shutdown();
    await expect(queue.put("c")).rejects.toBeInstanceOf(ShutDown);
    const seen: string[] = [];
    for await (const item of queue) {
      seen.push(item);
      await queue.taskDone();
    }
    await joined;
    expect(seen).toEqual(["a", "b"]);
    queue.close();
  });

  it("travels through another queue, and lives while a message or an object refers to it", async () => {
    const { Queue, SimpleQueue } = context();
    const carrier = new Queue<unknown>();
    const inner = new SimpleQueue<string>();
    await carrier.put({ inner, twice: [inner] });
    const received = (await carrier.get()) as { inner: typeof inner; twice: (typeof inner)[] };
    expect(received.twice[0]).toBe(received.inner);
    expect(received.inner).toBeInstanceOf(PlainSimpleQueue);
    inner.close();
    await received.inner.put("still there");
    expect(await received.inner.get()).toBe("still there");
    received.inner.close();
    carrier.close();
  });

  it("is waited for together with others", async () => {
    const { Queue } = context();
    const [a, b] = [new Queue<number>(), new Queue<number>()];
    await b.put(1);
    expect(await wait([a, b], { timeout: 1000 })).toEqual([b]);
    for (const queue of [a, b]) queue.close();
  });

  it("is found by its name, and may be refused by its first call", async () => {
    const { Queue } = context();
    const [one, same] = [new Queue<number>({ name: "jobs" }), new Queue<number>({ name: "jobs" })];
    await one.put(1);
    expect(await same.get({ timeout: 1000 })).toBe(1);
    const refused = new Queue<number>({ name: REFUSED_NAME });
    await expect(refused.put(1)).rejects.toBeInstanceOf(StateError);
    for (const queue of [one, same, refused]) queue.close();
  });

  it("has no blocking calls", () => {
    const queue = new (context().Queue)<number>();
    expect(() => queue.getSync()).toThrow(UnsupportedError);
    queue.close();
  });
});

describe("a lock of a third backend", () => {
  it("is held by one at a time", async () => {
    const lock = new (context().Lock)();
    const held = await lock.hold();
    expect(held.abandoned).toBe(false);
    expect(await lock.acquire({ timeout: 10 })).toBe(false);
    const next = lock.acquire();
    await held.release();
    expect(await next).toBe(true);
    await lock.release();
    await expect(lock.release()).rejects.toBeInstanceOf(StateError);
    lock.close();
  });

  it("is acquired again where it is recursive", async () => {
    const lock = new (context().RLock)();
    expect([await lock.acquire(), await lock.acquire()]).toEqual([true, true]);
    await lock.release();
    await lock.release();
    await expect(lock.release()).rejects.toBeInstanceOf(StateError);
    lock.close();
  });

  it("travels through a queue", async () => {
    const { Lock, Queue } = context();
    const [lock, queue] = [new Lock(), new Queue<InstanceType<typeof Lock>>()];
    await queue.put(lock);
    const same = await queue.get();
    await lock.acquire();
    expect(await same.acquire({ timeout: 0 })).toBe(false);
    await same.release();
    for (const object of [lock, same, queue]) object.close();
  });
});

describe("what a third backend does not have", () => {
  it("is refused with a reason", () => {
    const { Barrier, SharedMemory, Pipe } = context();
    expect(() => new Barrier(2)).toThrow(UnsupportedError);
    expect(() => new SharedMemory({ create: true, size: 1 })).toThrow(UnsupportedError);
    expect(() => Pipe()).toThrow(UnsupportedError);
  });
});
