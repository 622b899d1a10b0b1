import assert from "node:assert/strict";
import { type Connection, getContext, Queue, UnsupportedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";

export function sum(a: number, b: number): number {
  return a + b;
}

export function anything(_value: unknown): void {}

export async function useBoth(q: Queue<string>, conn: Connection, native: Queue<unknown>): Promise<void> {
  await q.put("portable");
  await conn.send("connection");
  native.putSync({ inside: "native" });
}

/** Only the native backend has what these cases test. */
export const only = "native";

export const cases: Cases = {
  "portable objects work in a native tree": slow(async () => {
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
  }),
  "a native object in a process without the shim is an UnsupportedError": async () => {
    const child = await started({
      target: sum,
      args: [new Queue() as never, 1],
      env: { POLYPROC_BACKEND: "portable", POLYPROC_NATIVE: "" },
    });
    // The native library is there, so even a child with the portable backend can use the queue.
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
};
