import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { capabilities, Queue, SharedArray, SharedMemory } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { run, started } from "../../suite/help.ts";
import { RUNTIMES } from "../helpers/runtimes.ts";
import { expectNothingLeft, make, pathOf } from "./helpers.ts";

/** These cases need the native backend. */
export const only = "native";

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
  "a message with memory inside: both processes see the same bytes, also after its name is removed": async () => {
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
  "nothing is left in /dev/shm": async () => {
    expectNothingLeft(5);
  },
};
