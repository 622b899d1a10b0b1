import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { capabilities, ProcessError, Queue, SharedArray, SharedMemory } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { expectNothingLeft, make, pathOf } from "./helpers.ts";

/** These cases need the native backend. */
export const only = "native";

export function writeGiven(memory: SharedMemory, value: number): string {
  const { buf } = memory;
  buf[15] = value;
  return `${memory.name} ${memory.size} ${buf.subarray(0, 3).join()}`;
}

/** Gives the first byte of the memory that comes, or what went wrong. */
export async function receive(q: Queue<SharedMemory>): Promise<string> {
  try {
    return String((await q.get()).buf[0]);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

export function writeNamed(name: string, value: number): number {
  const memory = new SharedMemory({ name });
  memory.buf[15] = value;
  return memory.size;
}

export async function relayName(q: Queue<SharedMemory>): Promise<string> {
  const memory = await q.get();
  const same = new SharedMemory({ name: memory.name ?? "" });
  return `${memory.buf[50]} ${same.buf[50]}`;
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

export const cases: Cases = {
  "across processes: as an argument, and by name; on each runtime": slow(async () => {
    for (const runtime of RUNTIMES) {
      using nameless = new SharedMemory({ size: 16 });
      nameless.buf.set([4, 5, 6]);
      assert.equal(await run({ target: writeGiven, args: [nameless, 7], runtime }), "null 16 4,5,6");
      assert.equal(nameless.buf[15], 7);
      using memory = make(16);
      memory.buf.set([1, 2, 3]);
      assert.equal(await run({ target: writeGiven, args: [memory, 5], runtime }), `${memory.name} 16 1,2,3`);
      assert.equal(memory.buf[15], 5);
      assert.equal(await run({ target: writeNamed, args: [memory.name, 6], runtime }), 16);
      assert.equal(memory.buf[15], 6);
    }
  }),
  "a Deno child that may only load the library: no views, and all calls work": async () => {
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
  "memory that its sender closes after the send arrives whole, and so does its name": async () => {
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
  "memory that is sent to a process while its sender closes it": async () => {
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
  "memory without a name arrives whole after its sender closed it": async () => {
    const q = new Queue<SharedMemory>();
    const memory = new SharedMemory({ size: 100 });
    memory.buf[50] = 5;
    await q.put(memory);
    memory.close();
    using same = await q.get();
    assert.deepEqual([same.buf[50], same.name, same.size], [5, null, 100]);
  },
  "a message with memory inside: both processes see the same bytes": async () => {
    const q = new Queue<{ deep: SharedMemory[] }>();
    for (const memory of [make(8), new SharedMemory({ size: 8 })]) {
      await q.put({ deep: [memory, memory] });
      const {
        deep: [first, second],
      } = await q.get();
      assert.ok(first !== undefined && first === second);
      first.buf[0] = 9;
      assert.equal(memory.buf[0], 9);
      first.close();
      assert.equal(memory.buf[0], 9);
      memory.close();
    }
  },
  "memory whose name was removed can't be sent, and one that is on its way then does not arrive": async () => {
    const q = new Queue<SharedMemory>();
    using memory = make(8);
    using same = new SharedMemory({ name: memory.name });
    await q.put(memory);
    memory.unlink();
    await rejects(q.put(memory), ProcessError, /is removed, and memory with a name travels as its name/);
    // New memory under the old name is not taken for what was sent.
    using next = make(8, memory.name);
    next.buf[0] = 1;
    assert.match(await run({ target: receive, args: [q] }), /^ProcessError: There is no shared memory named/);
    assert.equal(same.size, 8);
  },
  "nothing is left in /dev/shm": async () => {
    expectNothingLeft(5);
  },
};
