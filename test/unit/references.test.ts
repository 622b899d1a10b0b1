// References to shared objects as a hostile or broken process may send them: each is an error, and none leaves a descriptor open.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type BackendName, CorruptedError, getContext, Lock, OwnerDiedError, Queue, Semaphore, SerializationError } from "../../mod.ts";
import type { Message } from "../../src/backend/contract/message.ts";
import type { Ref } from "../../src/backend/contract/ref.ts";
import { pack, unpack } from "../../src/objects/message.ts";
import type { SharedObject } from "../../src/objects/shared-object.ts";
import { hasLibrary } from "../suite/library.ts";

const backends: readonly BackendName[] = hasLibrary() ? ["native", "portable"] : ["portable"];

/** A message with this object, whose first reference is changed. */
function changed(object: SharedObject, change: (ref: Ref) => Ref): Message & { release(sent: boolean): void } {
  const { bytes, refs, release } = pack({ object }, "value");
  const [first, ...others] = refs;
  if (first === undefined) throw new Error("The message holds no reference.");
  return { bytes: bytes.slice(), refs: [change(first), ...others], release };
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

describe.each(backends)("%s: a malformed reference", (backend) => {
  const { Condition, SharedArray, SharedValue } = getContext("spawn", { backend });

  const cases: readonly (readonly [string, () => SharedObject, (ref: Ref) => Ref])[] = [
    ["of an unknown kind", () => new SharedValue("i32"), (ref) => ({ ...ref, kind: "shell" })],
    ["without a location", () => new SharedValue("i32"), (ref) => ({ ...ref, location: undefined })],
    [
      "to numbers without their type",
      () => new SharedArray("f64", 3),
      (ref) => ({ ...ref, location: { ...(ref.location as object), type: undefined } }),
    ],
    ["to a condition without its lock", () => new Condition(), (ref) => ({ ...ref, companions: [] })],
    ["with a companion that is not there", () => new Condition(), (ref) => ({ ...ref, companions: [7] })],
    ["with itself as its companion", () => new Condition(), (ref) => ({ ...ref, companions: [0] })],
  ];

  it.each(cases)("%s is an error, and leaves nothing open", (_, make, change) => {
    const object = make();
    const attempt = (): void => {
      const message = changed(object, change);
      expect(() => unpack(message)).toThrow(SerializationError);
      message.release(false);
    };
    attempt();
    const before = descriptors();
    for (let i = 0; i < 20; i++) attempt();
    expect(descriptors()).toBe(before);
    object.close();
  });
});

describe.skipIf(!hasLibrary())("a reference that lies about a native object", () => {
  const { Lock: NativeLock, Semaphore: NativeSemaphore, SharedArray } = getContext("spawn", { backend: "native" });

  it("is refused where the object is open as another kind", () => {
    const semaphore = new NativeSemaphore(1);
    const lock = new NativeLock();
    const message = changed(semaphore, (ref) => ({ ...ref, kind: "lock" }));
    expect(() => unpack(message)).toThrow(CorruptedError);
    message.release(false);
    for (const object of [semaphore, lock]) object.close();
  });

  it("is refused where its memory has another size than numbers of its type", () => {
    const bytes = new SharedArray("u8", 5001);
    const lie = (ref: Ref): Ref => ({ ...ref, location: { ...(ref.location as object), type: "f64", identity: "0".repeat(32) } });
    const attempt = (): void => {
      const message = changed(bytes, lie);
      expect(() => unpack(message)).toThrow(CorruptedError);
      message.release(false);
    };
    attempt();
    const before = descriptors();
    for (let i = 0; i < 20; i++) attempt();
    expect(descriptors()).toBe(before);
    bytes.close();
  });

  it("is refused the second time, when its descriptor was taken already", () => {
    const array = new SharedArray("u8", 8);
    const message = changed(array, (ref) => ref);
    message.release(true);
    const { value } = unpack(message) as { value: { object: SharedObject } };
    value.object.close();
    expect(() => unpack(message)).toThrow(OwnerDiedError);
    array.close();
  });
});

describe("members of users' subclasses", () => {
  it("may have any name, and change nothing of how objects travel and are acquired", async () => {
    class Job extends Queue<number> {
      parts = ["a"];
      refusal = "none";
      travel = 1;
    }
    class Gate extends Semaphore {
      noted = 3;
      note = "text";
    }
    class Key extends Lock {
      released = true;
      adopt = 1;
    }
    const [queue, job, gate, key] = [new Queue<object>(), new Job(), new Gate(1), new Key()];
    await queue.put({ job, gate, key });
    expect(await gate.acquire()).toBe(true);
    expect(await key.acquire()).toBe(true);
    const received = (await queue.get()) as { job: Queue<number>; gate: Semaphore; key: Lock };
    await received.job.put(1);
    expect(await job.get()).toBe(1);
    expect(await received.gate.acquire({ block: false })).toBe(false);
    await received.key.release();
    for (const object of [...Object.values(received), queue, job, gate, key]) object.close();
  });
});
