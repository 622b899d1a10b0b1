import { readdirSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { CONNECTION } from "../../src/backend/contract/connection.ts";
import { nativeProvider } from "../../src/backend/native/provider.ts";
import { CorruptedError } from "../../src/errors/errors.ts";
import { tree } from "../../src/tree/tree.ts";
import { hasLibrary } from "../suite/suite.ts";

/** A message that was read in part, as it travels with its connection: 12 bytes of header, how many of them came, the message's length, how much of it came. */
function ahead(header: number, length: number, got: number, part = 0): Uint8Array {
  return new Uint8Array([...new Uint8Array(Int32Array.of(0, 0, 0, header, length, got).buffer), ...new Uint8Array(part)]);
}

describe.skipIf(!hasLibrary())("a native connection from a hostile process", () => {
  const hostile: [string, Uint8Array][] = [
    ["a header before the struct", ahead(-64, -1, 0)],
    ["a header beyond the struct", ahead(13, -1, 0)],
    ["a negative length", ahead(4, -2, 0)],
    ["a length above the limit", ahead(4, 2 ** 31 - 1, 0)],
    ["more than the length", ahead(4, 3, 4, 4)],
    ["less than it says", ahead(4, 30, 4, 3)],
    ["a negative amount", ahead(4, 30, -1)],
    ["no whole struct", new Uint8Array(3)],
    ["nothing", new Uint8Array(0)],
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
    const ref = mine.again().share();
    expect(() => backend.attach({ ...ref, location: { ...(ref.location as object), ahead: bytes } })).toThrow(CorruptedError);
    expect(readdirSync("/proc/self/fd").length).toBe(before);
    mine.release();
    other.release();
  });
});
