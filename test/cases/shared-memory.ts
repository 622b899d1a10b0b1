// Bytes that several processes see, and the numbers themselves without a copy: native backend.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import {
  Barrier,
  type CellType,
  ClosedError,
  CorruptedError,
  capabilities,
  Event,
  getContext,
  OwnerDiedError,
  ProcessError,
  Queue,
  SharedArray,
  SharedMemory,
  UnsupportedError,
} from "../../mod.ts";
import type { Cases } from "../suite/case.ts";
import { rejects, run, started } from "../suite/help.ts";
import { collectGarbage } from "../suite/leaks.ts";
import { commandLine } from "../suite/runtimes.ts";

/** These run on the native backend alone. */
export const only = "native";

const MIB = 2 ** 20;
const RUNTIMES = ["node", "deno", "bun"] as const;

/** Every name that these cases use. */
const names: string[] = [];

function fresh(): string {
  const name = `test-${process.pid}-${names.length}`;
  names.push(name);
  return name;
}

function pathOf(name: string): string {
  return `/dev/shm/polyproc-${name}`;
}

function make(size: number, name: string = fresh()): SharedMemory {
  return new SharedMemory({ create: true, size, name });
}

/** Whether it holds in time: for what another process does, or the garbage collector. */
async function soon(holds: () => boolean): Promise<void> {
  for (const until = performance.now() + 5000; !holds(); await delay(10)) assert.ok(performance.now() < until, holds.toString());
}

const forever = (): Promise<never> => new Promise(() => setInterval(() => {}, 1000));

export const cases: Cases = {
  "basics: name, size and bytes; a second attachment sees what the first one writes, and its size is ignored": async () => {
    const name = fresh();
    const memory = new SharedMemory({ create: true, size: 1000, name });
    assert.equal(memory.name, name);
    assert.equal(memory.size, 1000);
    assert.equal(memory.buf.length, 1000);
    assert.ok(memory.buf.every((byte) => byte === 0));
    memory.buf[0] = 42;
    memory.buf[999] = 43;
    const same = new SharedMemory({ name, size: 5 });
    assert.equal(same.size, 1000);
    assert.equal(same.name, name);
    assert.equal(same.buf[0], 42);
    same.buf[1] = 7;
    assert.equal(memory.buf[1], 7);
    assert.equal(memory.buf.buffer, memory.buf.buffer);
    same.close();
    assert.equal(memory.buf[999], 43);
    memory.close();
  },
  "a generated name has 128 random bits, and the file is for its user alone": async () => {
    const memories = Array.from({ length: 20 }, () => new SharedMemory({ create: true, size: 1 }));
    names.push(...memories.map((memory) => memory.name));
    assert.equal(new Set(memories.map((memory) => memory.name)).size, 20);
    for (const memory of memories) {
      assert.match(memory.name, /^[0-9a-f]{32}$/);
      assert.equal(statSync(pathOf(memory.name)).mode & 0o777, 0o600);
      memory.close();
      assert.ok(!existsSync(pathOf(memory.name)));
    }
  },
  "sizes around a page are exact": async () => {
    for (const size of [1, 4095, 4096, 4097, 3 * MIB + 1]) {
      using memory = make(size);
      using same = new SharedMemory({ name: memory.name });
      assert.equal(same.buf.length, size);
      same.buf[size - 1] = 9;
      assert.equal(memory.buf[size - 1], 9);
    }
  },
  "a name is taken once, also by one that is unlinked and made again": async () => {
    const memory = make(8);
    const { name } = memory;
    assert.throws(() => make(8, name), ProcessError);
    assert.throws(() => make(8, name), /already: attach it without create/);
    memory.unlink();
    assert.throws(() => memory.unlink(), /removed already/);
    assert.throws(() => new SharedMemory({ name }), /There is no shared memory named/);
    memory.buf[0] = 1;
    const second = make(16, name);
    assert.throws(() => memory.unlink(), /removed already/);
    memory.close();
    using third = new SharedMemory({ name });
    assert.equal(third.size, 16);
    second.close();
  },
  "unlink by whoever has it: the others keep the memory": async () => {
    const memory = make(8);
    const same = new SharedMemory({ name: memory.name });
    same.unlink();
    assert.throws(() => memory.unlink(), ProcessError);
    same.buf[0] = 3;
    same.close();
    assert.equal(memory.buf[0], 3);
    memory.close();
    assert.throws(() => memory.unlink(), /removed already/);
  },
  "unlink by who had the memory before: the name's next owner keeps it": async () => {
    const memory = make(8);
    const same = new SharedMemory({ name: memory.name });
    memory.unlink();
    using next = make(16, memory.name);
    assert.throws(() => same.unlink(), /removed already/);
    same.close();
    assert.throws(() => same.unlink(), /removed already/);
    using third = new SharedMemory({ name: next.name });
    assert.equal(third.size, 16);
  },
  "attaching to nothing": async () => {
    const name = fresh();
    assert.throws(() => new SharedMemory({ name }), ProcessError);
    assert.throws(() => new SharedMemory({ name }), /There is no shared memory named/);
    assert.ok(!existsSync(pathOf(name)));
  },
  "more than there is: a clear error, and nothing is left": async () => {
    for (const size of [2 ** 40, 2 ** 45, 2 ** 50, Number.MAX_SAFE_INTEGER]) {
      const name = fresh();
      const start = performance.now();
      assert.throws(() => make(size, name), ProcessError, String(size));
      assert.throws(() => make(size, name), new RegExp(`Shared memory of ${size} bytes can't be made: .*There is no memory left for it`));
      assert.ok(performance.now() - start < 2000);
      assert.ok(!existsSync(pathOf(name)), String(size));
      make(8, name).close();
    }
  },
  "more numbers than there is memory for": async () => {
    for (const length of [2 ** 40, 2 ** 45]) assert.throws(() => new SharedArray("u8", length), Error);
    for (const length of [0, -1, 1.5, Number.NaN, 2 ** 53]) assert.throws(() => new SharedArray("f64", length), RangeError);
  },
  "files that are none of ours are not attached, and not removed": async () => {
    const name = fresh();
    const path = pathOf(name);
    const refused = (Class: abstract new (...args: never[]) => Error, message: RegExp): void => {
      assert.throws(
        () => new SharedMemory({ name }),
        (error: Error) => error instanceof Class && message.test(error.message),
        message.source,
      );
      // Making another one looks for what the dead have left.
      make(8).close();
      assert.ok(existsSync(path));
      rmSync(path, { recursive: true });
    };
    const file = (content: Uint8Array, mode = 0o600): void => {
      writeFileSync(path, content);
      chmodSync(path, mode);
    };
    file(new Uint8Array(0));
    refused(CorruptedError, /no shared memory of polyproc's/);
    file(new Uint8Array(100).fill(1));
    refused(CorruptedError, /no shared memory of polyproc's/);
    file(new Uint8Array(3 * 4096).fill(1));
    refused(CorruptedError, /no shared memory of polyproc's/);
    file(new Uint8Array(3 * 4096), 0o666);
    refused(ProcessError, /open to others/);
    mkdirSync(path);
    refused(ProcessError, /./);
    symlinkSync("/etc/passwd", path);
    refused(ProcessError, /./);
    assert.equal(spawnSync("mkfifo", ["-m", "600", path]).status, 0);
    refused(CorruptedError, /no shared memory of polyproc's/);
  },
  "memory of another version, of another size, open to others": async () => {
    // It is held all the while: what nobody holds is removed by whoever makes memory next, in any process.
    using memory = make(100);
    const path = pathOf(memory.name);
    const refused = (Class: abstract new (...args: never[]) => Error, message: RegExp): void => {
      assert.throws(
        () => new SharedMemory({ name: memory.name }),
        (error: Error) => error instanceof Class && message.test(error.message),
        message.source,
      );
    };
    const whole = readFileSync(path);
    const written = (bytes: Uint8Array): void => {
      const fd = openSync(path, "r+");
      writeSync(fd, bytes, 0, bytes.length, 0);
      closeSync(fd);
    };
    const changed = (offset: number, value: number): void => {
      const bytes = new Uint8Array(whole);
      new DataView(bytes.buffer).setUint32(offset, value, true);
      written(bytes);
    };
    changed(8, 99);
    refused(CorruptedError, /another version/);
    for (const [offset, value] of [
      [0, 99],
      [16, 0],
      [16, 5000],
      [20, 1],
    ] as const) {
      changed(offset, value);
      refused(CorruptedError, /no shared memory of polyproc's/);
    }
    written(whole);
    for (const size of [2 * whole.length, 4096]) {
      truncateSync(path, size);
      refused(CorruptedError, /no shared memory of polyproc's/);
    }
    truncateSync(path, whole.length);
    for (const mode of [0o666, 0o640]) {
      chmodSync(path, mode);
      refused(ProcessError, /open to others/);
    }
    chmodSync(path, 0o600);
    new SharedMemory({ name: memory.name }).close();
    memory.close();
    assert.ok(!existsSync(path));
  },
  "after close: what was taken before has no bytes, buf is refused, name and size stay": async () => {
    const memory = make(4096);
    const { buf } = memory;
    const words = new Float64Array(buf.buffer, 8, 3);
    const view = new DataView(buf.buffer, 16);
    words[0] = 1.5;
    memory.close();
    memory.close();
    assert.equal(buf.length, 0);
    assert.equal(buf[0], undefined);
    buf[0] = 1;
    assert.throws(() => buf.fill(1), TypeError);
    assert.equal(words.length, 0);
    assert.throws(() => view.getInt8(0), TypeError);
    assert.throws(() => memory.buf, ClosedError);
    assert.throws(() => memory.buf, /only before close/);
    assert.equal(memory.size, 4096);
    assert.match(memory.name, /^test-/);
    await rejects(new Queue().put(memory), ClosedError);
    const disposed = make(1);
    {
      using _held = disposed;
    }
    assert.throws(() => disposed.buf, ClosedError);
  },
  // These keep memory until their process ends, so they have one of their own.
  "a buffer that was moved away stays readable after close": async () => {
    assert.equal(await run({ target: moveAway, args: [fresh()] }), 4096);
  },
  "an object that was dropped while a view of it is kept": async () => {
    assert.equal(await run({ target: keepViews, args: [fresh()] }), "9 9 9");
  },
  "a thread that ends with a view, and the process goes on": async () => {
    const name = fresh();
    assert.equal(await run({ target: withThread, args: [name] }), "11 12");
    assert.ok(!existsSync(pathOf(name)));
  },
  "a buffer that a thread gave away outlives the thread": async () => {
    assert.equal(await run({ target: fromThread }), 42);
  },
  "views, closing and garbage collection, many times": async () => {
    const kept: Uint8Array[] = [];
    for (let round = 0; round < 300; round++) {
      const memory = new SharedMemory({ create: true, size: 64 * 1024 });
      const { buf } = memory;
      buf.fill(round);
      kept.push(buf, new Uint8Array(buf.buffer, 100, 100), buf.slice(0, 8));
      memory.close();
      if (round % 30 === 0) collectGarbage();
      new Uint8Array(100_000).fill(round);
    }
    await delay(10);
    collectGarbage();
    for (const [i, view] of kept.entries()) assert.equal(view.length, i % 3 === 2 ? 8 : 0);
    for (const view of kept) view[0] = 1;
  },
  "what was dropped without a view is free at last": async () => {
    const dropped: string[] = [];
    const drop = (): void => {
      for (let i = 0; i < 20; i++) dropped.push(new SharedMemory({ create: true, size: MIB }).name);
    };
    drop();
    names.push(...dropped);
    // Engines keep what lies on the stack by chance.
    await soon(() => {
      collectGarbage();
      new Uint8Array(1000_000).fill(1);
      return dropped.filter((name) => existsSync(pathOf(name))).length <= 2;
    });
  },
  "across processes: as an argument, and by name; on each runtime": async () => {
    for (const runtime of RUNTIMES) {
      using memory = make(16);
      memory.buf.set([1, 2, 3]);
      assert.equal(await run({ target: writeGiven, args: [memory, 5], runtime }), `${memory.name} 16 1,2,3`);
      assert.equal(memory.buf[15], 5);
      assert.equal(await run({ target: writeNamed, args: [memory.name, 6], runtime }), 16);
      assert.equal(memory.buf[15], 6);
    }
  },
  "a Deno child that may load the library alone: no views, and all calls": async () => {
    if (!("Deno" in globalThis)) {
      using array = new SharedArray("f64", [1, 2, 3]);
      using memory = make(8);
      const execArgv = [`--allow-ffi=${capabilities().library}`];
      assert.deepEqual(await run({ target: useWithoutView, args: [array, memory], runtime: "deno", execArgv }), [
        "UnsupportedError 8",
        "UnsupportedError 3",
        new Float64Array([1, 5, 3]),
        new Float64Array([6, 7]),
      ]);
      assert.deepEqual(await array.slice(), new Float64Array([1, 5, 3]));
    }
  },
  "sent through a queue and closed by the sender: it is whole, and so is its name": async () => {
    const q = new Queue<SharedMemory>();
    const memory = make(100);
    memory.buf[50] = 5;
    await q.put(memory);
    memory.close();
    assert.ok(existsSync(pathOf(memory.name)));
    const same = await q.get();
    assert.equal(same.buf[50], 5);
    using third = new SharedMemory({ name: memory.name });
    assert.equal(third.buf[50], 5);
    same.close();
    assert.ok(existsSync(pathOf(memory.name)));
  },
  "sent to a process while its sender closes it": async () => {
    const q = new Queue<SharedMemory>();
    const child = await started({ target: relayName, args: [q] });
    const memory = make(100);
    memory.buf[50] = 5;
    await q.put(memory);
    memory.close();
    assert.equal(await child.result({ timeout: 20_000 }), `5 5`);
    await child.join();
    assert.ok(!existsSync(pathOf(memory.name)));
  },
  "a message with memory inside: both see the same bytes; one whose name is removed works": async () => {
    const q = new Queue<{ deep: SharedMemory[] }>();
    using memory = make(8);
    await q.put({ deep: [memory, memory] });
    memory.unlink();
    const {
      deep: [first, second],
    } = await q.get();
    assert.ok(first !== undefined && first === second);
    first.buf[0] = 9;
    assert.equal(memory.buf[0], 9);
    first.close();
    assert.equal(memory.buf[0], 9);
  },
  "memory that nobody received goes with its carrier": async () => {
    const q = new Queue<SharedMemory>();
    const name = fresh();
    const child = await started({ target: putAndWait, args: [q, name] });
    await soon(() => existsSync(pathOf(name)));
    while (await q.empty()) await delay(5);
    child.kill();
    await child.join();
    await rejects(q.get(), OwnerDiedError);
    assert.ok(!existsSync(pathOf(name)));
  },
  "a process outside of the tree attaches by name, and its end leaves the memory alone": async () => {
    const program = fileURLToPath(new URL("../programs/attach-memory.ts", import.meta.url).href.replace(/\.ts$/, extension()));
    using memory = make(8);
    let count = 0;
    for (const runtime of RUNTIMES) {
      for (const how of ["close", "nothing", "kill"]) {
        const [file, args] = commandLine(runtime, program, [memory.name, how]);
        const { status, signal, stderr } = spawnSync(file, args, { encoding: "utf8", env: { ...process.env, POLYPROC_BACKEND: "native" } });
        assert.equal(how === "kill" ? signal : status, how === "kill" ? "SIGKILL" : 0, stderr);
        assert.equal(stderr, "");
        count++;
        assert.equal(memory.buf[0], count);
        new SharedMemory({ name: memory.name }).close();
      }
    }
  },
  "a killed creator: its parent's notice removes the name; who has the memory keeps it": async () => {
    const [named, held] = [fresh(), fresh()];
    const ready = new Event();
    const child = await started({ target: makeTwo, args: [named, held, ready] });
    await ready.wait();
    const memory = new SharedMemory({ name: held });
    child.kill();
    await child.join();
    assert.ok(!existsSync(pathOf(named)));
    assert.equal(memory.buf[0], 77);
    new SharedMemory({ name: held }).close();
    memory.close();
    assert.ok(!existsSync(pathOf(held)));
  },
  "a creator killed at any moment leaves no name that can't be used": async () => {
    for (let round = 0; round < 12; round++) {
      const name = fresh();
      const child = await started({ target: makeAgain, args: [name] });
      await delay(3 + 7 * round);
      child.kill();
      await child.join();
      assert.ok(!existsSync(pathOf(name)));
      make(8, name).close();
    }
  },
  "the last of several who close at once removes the name": async () => {
    const memories = Array.from({ length: 300 }, () => make(8));
    const all = memories.map((memory) => memory.name);
    const [attached, closed, go] = [new Barrier(3), new Barrier(3), new Event()];
    const children = [];
    for (let i = 0; i < 2; i++) children.push(await started({ target: closeAll, args: [all, attached, closed, go] }));
    await attached.wait();
    for (const memory of memories) memory.close();
    await go.set();
    await closed.wait();
    assert.deepEqual(
      all.filter((name) => existsSync(pathOf(name))),
      [],
    );
    await go.clear();
    for (const child of children) await child.join();
  },
  "a tree that ends in order leaves nothing, and says nothing": async () => {
    const child = await started({ target: makeAndEnd, args: [fresh()], stderr: "pipe" });
    assert.equal(await new Response(child.stderr).text(), "");
    const name = await child.result();
    await child.join();
    assert.ok(!existsSync(pathOf(name)));
  },
  "view: the numbers themselves, for every type, until close": async () => {
    const types: readonly CellType[] = ["i8", "u8", "u8c", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64"];
    for (const type of types) {
      const array = new SharedArray(type, 1001);
      const { view } = array;
      const one = type === "i64" || type === "u64" ? 1n : 1;
      assert.equal(view.length, 1001);
      view[1000] = one as never;
      assert.equal(await array.get(1000), one);
      await array.set(5, one);
      assert.equal(view[5], one);
      assert.equal(await run({ target: setThroughView, args: [array, 7, one] }), view.constructor.name);
      assert.equal(view[7], one);
      array.close();
      assert.equal(view.length, 0);
      assert.throws(() => array.view, ClosedError);
    }
    const portable = getContext("spawn", { backend: "portable" });
    assert.throws(() => new portable.SharedArray("u8", 1).view, UnsupportedError);
  },
  "two objects for the same numbers in one process: each closes for itself": async () => {
    const q = new Queue<SharedArray<"i32">>();
    const array = new SharedArray("i32", [1, 2]);
    await q.put(array);
    const same = await q.get();
    const { view } = array;
    await same.set(0, 5);
    assert.equal(view[0], 5);
    same.close();
    assert.equal(view[0], 5);
    array.close();
    assert.equal(view.length, 0);
  },
  "numbers outlive their maker": async () => {
    const q = new Queue<SharedArray<"f64">>();
    const child = await started({ target: makeNumbers, args: [q] });
    const array = await q.get({ timeout: 20_000 });
    child.kill();
    await child.join();
    assert.deepEqual(await array.slice(), new Float64Array([1, 2, 3]));
    await array.set(0, 9);
    assert.equal(array.view[0], 9);
    array.close();
  },
  "nothing is left in /dev/shm": async () => {
    assert.ok(names.length > 300);
    assert.deepEqual(
      names.filter((name) => existsSync(pathOf(name))),
      [],
    );
  },
};

function extension(): string {
  return import.meta.url.endsWith(".ts") ? ".ts" : ".js";
}

export function moveAway(name: string): number {
  const memory = make(4096, name);
  memory.buf[7] = 7;
  const moved = new Uint8Array((memory.buf.buffer as ArrayBuffer).transfer());
  memory.close();
  assert.throws(() => memory.buf, ClosedError);
  collectGarbage();
  assert.equal(moved[7], 7);
  moved.fill(1);
  return moved.length;
}

export async function keepViews(name: string): Promise<string> {
  const bytes = make(MIB, name).buf.subarray(10, 20);
  const numbers = new SharedArray("f64", 1000).view;
  for (let round = 0; round < 10; round++) {
    collectGarbage();
    await delay(5);
    new Uint8Array(MIB).fill(1);
    bytes.fill(round);
    numbers.fill(round);
  }
  return `${new SharedMemory({ name }).buf[15]} ${bytes[9]} ${numbers[999]}`;
}

export async function withThread(name: string): Promise<string> {
  const memory = make(4096, name);
  const worker = new Worker(new URL(`../programs/thread-memory${extension()}`, import.meta.url), { workerData: name });
  await new Promise((resolve, reject) => {
    worker.on("exit", resolve);
    worker.on("error", reject);
  });
  const written = memory.buf[1];
  memory.buf.fill(12);
  const same = new SharedMemory({ name }).buf[4095];
  memory.close();
  return `${written} ${same}`;
}

export async function fromThread(): Promise<number | undefined> {
  const worker = new Worker(new URL(`../programs/thread-moves-memory${extension()}`, import.meta.url));
  const [ended, given] = [once(worker, "exit"), once(worker, "message")];
  const [buffer] = (await given) as [ArrayBuffer];
  await ended;
  return new Uint8Array(buffer)[0];
}

export function writeGiven(memory: SharedMemory, value: number): string {
  const { buf } = memory;
  buf[15] = value;
  return `${memory.name} ${memory.size} ${buf.subarray(0, 3).join()}`;
}

export function writeNamed(name: string, value: number): number {
  const memory = new SharedMemory({ name });
  memory.buf[15] = value;
  return memory.size;
}

export async function relayName(q: Queue<SharedMemory>): Promise<string> {
  const memory = await q.get();
  const same = new SharedMemory({ name: memory.name });
  return `${memory.buf[50]} ${same.buf[50]}`;
}

export async function putAndWait(q: Queue<SharedMemory>, name: string): Promise<void> {
  await q.put(make(8, name));
  await forever();
}

export async function makeTwo(first: string, second: string, ready: Event): Promise<void> {
  const memories = [make(8, first), make(8, second)];
  for (const memory of memories) memory.buf[0] = 77;
  await ready.set();
  await forever();
}

export function makeAgain(name: string): void {
  for (;;) make(48 * MIB, name).close();
}

export async function closeAll(all: readonly string[], attached: Barrier, closed: Barrier, go: Event): Promise<void> {
  const memories = all.map((name) => new SharedMemory({ name }));
  await attached.wait();
  await go.wait();
  for (const memory of memories) memory.close();
  await closed.wait();
  // Its end would have its parent look for what it left.
  while (await go.isSet()) await delay(5);
}

export async function useWithoutView(array: SharedArray<"f64">, memory: SharedMemory): Promise<unknown[]> {
  const outcome = (get: () => { length: number }, size: number): string => {
    try {
      return `a view of ${get().length}`;
    } catch (error) {
      return `${(error as Error).name} ${size}`;
    }
  };
  await array.set(1, 5);
  const own = new SharedArray("f64", [6, 7]);
  return [outcome(() => memory.buf, memory.size), outcome(() => array.view, array.length), await array.slice(), await own.slice()];
}

export function makeAndEnd(name: string): string {
  const memory = make(8, name);
  memory.buf[0] = 1;
  return memory.name;
}

export function setThroughView(array: SharedArray, index: number, value: number | bigint): string {
  const { view } = array;
  view[index] = value as never;
  return view.constructor.name;
}

export async function makeNumbers(q: Queue<SharedArray<"f64">>): Promise<void> {
  await q.put(new SharedArray("f64", [1, 2, 3]));
  await forever();
}
