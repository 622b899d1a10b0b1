import { readdirSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { CONNECTION } from "../../src/backend/contract/connection.ts";
import { MEMORY } from "../../src/backend/contract/memory.ts";
import { nativeProvider } from "../../src/backend/native/provider.ts";
import { CorruptedError } from "../../src/errors/errors.ts";
import { tree } from "../../src/tree/tree.ts";
import { hasLibrary } from "../suite/suite.ts";

/** What a connection had read, as it travels with it: the number of messages, for each the number of its descriptors, and the bytes. */
function ahead(counts: readonly number[], bytes: readonly number[]): Uint8Array {
  return new Uint8Array([...new Uint8Array(Int32Array.of(counts.length, ...counts).buffer), ...bytes]);
}

describe.skipIf(!hasLibrary())("a native connection from a hostile process", () => {
  const hostile: [string, Uint8Array][] = [
    ["no message", ahead([], [])],
    ["more messages than bytes", new Uint8Array(Int32Array.of(1 << 28, 0).buffer)],
    ["a negative number of messages", new Uint8Array(Int32Array.of(-1, 0).buffer)],
    ["a negative number of descriptors", ahead([0, -1], [0, 0, 0, 1, 7])],
    ["more descriptors than came", ahead([1], [0, 0, 0, 9, 7])],
    ["a message that is cut off", ahead([0, 0], [0, 0, 0, 3, 1, 2])],
    ["a message without a header", ahead([0, 0], [0, 0])],
    ["a length above the limit", ahead([0], [0x7f, 0xff, 0xff, 0xff])],
    ["a longer header", ahead([0], [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1])],
    ["more bytes than the last message has", ahead([0], [0, 0, 0, 1, 7, 8])],
    ["nothing at all", new Uint8Array(3)],
  ];
  // The test runner ends its workers without their exit hooks.
  afterAll(() => tree.leave());
  it.each(hostile)("is refused with %s, and its descriptor is closed", (_, bytes) => {
    const backend = nativeProvider.open();
    const [mine, other] = backend.make(CONNECTION, { duplex: true });
    // The keeper opens its own descriptors when the first object is sent.
    const first = mine.again();
    first.share();
    first.release(false);
    const before = readdirSync("/proc/self/fd").length;
    const memory = backend.make(MEMORY, { create: true, size: bytes.length, name: "" });
    new Uint8Array(memory.buffer).set(bytes);
    const [read, parcel] = [memory.again(), mine.again()];
    const ref = parcel.share();
    const { token } = read.share().location as { token: string };
    expect(() => backend.attach({ ...ref, location: { ...(ref.location as object), more: [token] } })).toThrow(CorruptedError);
    for (const port of [parcel, read]) port.release(false);
    memory.release();
    expect(readdirSync("/proc/self/fd").length).toBe(before);
    mine.release();
    other.release();
  });
});
