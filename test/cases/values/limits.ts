import assert from "node:assert/strict";
import { Event, Lock, Pipe, Process, Queue, SerializationError, SharedValue } from "../../../mod.ts";
import { MAX_DEPTH, MAX_ENTRIES, MAX_MESSAGE, MAX_META, MAX_OBJECTS, MAX_STRING } from "../../../src/codec/tags.ts";
import { type Cases, Skip, slow } from "../../suite/case.ts";
import { isNative, rejects, run, started } from "../../suite/help.ts";
import { throughQueue } from "./helpers.ts";

function nested(levels: number): unknown {
  let value: unknown = "innermost";
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

/** Makes more events than a message carries. Each needs a descriptor on the native backend. */
function tooMany(): Event[] {
  const made: Event[] = [];
  try {
    while (made.length <= MAX_OBJECTS) made.push(new Event());
    return made;
  } catch (error) {
    for (const each of made) each.close();
    if (!isNative) throw error;
    throw new Skip(`a process may have too few descriptors here: ${String(error)}`);
  }
}

/** Puts too many objects and then a text, while it holds a lock. Returns the name and message of the error. */
export async function putsTooMany(queue: Queue<unknown>, lock: Lock): Promise<string> {
  await lock.acquire();
  const error = await rejects(queue.put(tooMany(), { timeout: 5000 }), SerializationError);
  await queue.put("still there");
  assert.equal(await queue.qsize(), 1);
  // The lock is given back before the end, so it must not be abandoned.
  await lock.release();
  return error.message;
}

export function nothing(): void {}

export const cases: Cases = {
  "more shared objects than a message carries are refused where it is put, and the process goes on": slow(async () => {
    for (const each of tooMany()) each.close();
    const queue = new Queue<unknown>();
    const lock = new Lock();
    const message = await run({ target: putsTooMany, args: [queue, lock] });
    assert.match(message, new RegExp(`at most ${MAX_OBJECTS} shared objects, and this one has ${MAX_OBJECTS + 1}`));
    assert.equal(await queue.get(), "still there");
    assert.deepEqual([await lock.acquire({ timeout: 0 }), lock.abandoned], [true, false]);
    await lock.release();
    queue.close();
    lock.close();
  }),
  "as many shared objects as a message carries arrive": slow(async () => {
    if (isNative) throw new Skip("a process may have too few descriptors for as many");
    const queue = new Queue<Event[]>();
    const child = await started({ target: putsEvents, args: [queue] });
    assert.equal((await queue.get()).length, MAX_OBJECTS);
    assert.equal(await child.join(), 0);
    queue.close();
  }),
  "too many shared objects as arguments and in a pipe are refused, and both go on": async () => {
    const values = tooMany();
    const child = new Process({ target: nothing, args: values as never });
    await rejects(child.start(), SerializationError, /at most/);
    child.close();
    const [a, b] = Pipe();
    await rejects(a.send(values), SerializationError, /at most/);
    await a.send(values[0]);
    ((await b.recv()) as Event).close();
    for (const each of [...values, a, b]) each.close();
  },
  "depth: the deepest value arrives, and a deeper one is refused": async () => {
    assert.deepEqual(await throughQueue(nested(MAX_DEPTH + 1)), nested(MAX_DEPTH + 1));
    await rejects(throughQueue(nested(MAX_DEPTH + 2)), SerializationError, new RegExp(`deeper than ${MAX_DEPTH} levels`));
  },
  "entries and strings that no Map and no string of another runtime can have are refused": async () => {
    for (const made of [new Map(), new Set()]) {
      Object.defineProperty(made, "size", { value: MAX_ENTRIES + 1 });
      await rejects(throughQueue(made), SerializationError, new RegExp(`${MAX_ENTRIES + 1} entries`));
    }
    let long: string;
    try {
      long = "x".repeat(MAX_STRING + 1);
    } catch {
      return;
    }
    await rejects(throughQueue(long), SerializationError, new RegExp(`${MAX_STRING + 1} code units`));
  },
  "bytes above the limit are a RangeError, and the connection goes on": async () => {
    const [a, b] = Pipe();
    // A message that claims to be larger is enough, because nothing of it is read.
    const huge = new Uint8Array(new ArrayBuffer(MAX_MESSAGE + 1));
    await rejects(a.sendBytes(huge), RangeError, new RegExp(`at most ${MAX_MESSAGE} bytes`));
    await a.send(1);
    assert.equal(await b.recv(), 1);
    a.close();
    b.close();
  },
  "a name, a target and modules to preload that are too large reject the start, and leave no child": slow(async () => {
    const long = "x".repeat(MAX_META);
    const named = new Process({ target: nothing, name: long });
    await rejects(named.start(), RangeError, new RegExp(`at most ${MAX_META} bytes`));
    named.name = "short";
    await named.start();
    assert.equal(await named.join(), 0);
    named.close();
    const data = new Process({ target: { module: `data:text/javascript,export function f() {}//${long}`, name: "f" } });
    await rejects(data.start(), RangeError, new RegExp(`at most ${MAX_META} bytes`));
    data.close();
  }),
  "a number that is too large for a request is refused, and the value lives on": async () => {
    const value = new SharedValue("u64", 1n);
    assert.equal(await run({ target: addsHuge, args: [value] }), true);
    assert.equal(await value.get(), 1n);
    value.close();
  },
};

export async function putsEvents(queue: Queue<Event[]>): Promise<void> {
  await queue.put(Array.from({ length: MAX_OBJECTS }, () => new Event()));
}

/** Adds a number of more than 4 MiB. It may be wrapped around, which changes nothing, or refused. */
export async function addsHuge(value: SharedValue<"u64">): Promise<boolean> {
  await value.add(1n << BigInt((1 << 25) + 64)).catch((error: unknown) => assert.ok(error instanceof RangeError, String(error)));
  return (await value.get()) === 1n;
}
