import fc from "fast-check";
import { expect, it } from "vitest";
import type { Frame } from "../../src/codec/frame.ts";
import { FrameReader } from "../../src/codec/frame-reader.ts";
import { encodeFrame } from "../../src/codec/frame-writer.ts";
import { Op } from "../../src/codec/op.ts";
import { CorruptedError } from "../../src/errors/errors.ts";

function bytesOf(frames: readonly Frame[]): Uint8Array {
  return Buffer.concat(frames.flatMap((frame) => encodeFrame(frame)));
}

function read(bytes: Uint8Array, cuts: readonly number[]): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader();
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    reader.push(bytes.subarray(from, end), (frame) => frames.push(frame));
    from = end;
  }
  return frames;
}

it("frames come out as they went in, however they are cut", () => {
  const sizes = fc.constantFrom(0, 1, 100, (1 << 14) - 1, 1 << 14, 70_000, (1 << 20) + 5);
  const frame = fc.record({
    op: fc.integer({ min: 1, max: 17 }),
    id: fc.nat(2 ** 32 - 1),
    object: fc.nat(2 ** 32 - 1),
    once: fc.boolean(),
    meta: fc.constantFrom(undefined, null, "id", true),
    size: sizes,
  });
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(), { maxLength: 12 }), (made, cuts) => {
      const frames = made.map(({ size, ...rest }): Frame => ({ ...rest, message: { bytes: new Uint8Array(size).fill(size), refs: [] } }));
      const back = read(bytesOf(frames), cuts);
      expect(back.length).toBe(frames.length);
      back.forEach((each, i) => {
        const { message, ...rest } = each;
        const { message: sent, ...expected } = frames[i] as Frame;
        expect(rest).toEqual(expected);
        expect(Buffer.compare(message?.bytes ?? new Uint8Array(1), sent?.bytes ?? new Uint8Array(1))).toBe(0);
      });
    }),
    { numRuns: 150 },
  );
});

it("hostile bytes throw a CorruptedError, and nothing else", () => {
  const good = bytesOf([
    {
      op: Op.put,
      id: 1,
      object: 1,
      meta: "x",
      message: { bytes: new Uint8Array(10), refs: [{ kind: "queue", backend: "portable", location: { hub: "h", id: "i" } }] },
    },
  ]);
  const attempt = (bytes: Uint8Array): void => {
    try {
      new FrameReader().push(bytes, () => {});
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptedError);
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 10_000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }), (edits) => {
      const bytes = good.slice();
      for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
      attempt(bytes);
    }),
    { numRuns: 10_000 },
  );
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

it("a header that announces 1 GiB costs no memory, and a torn frame is reported", () => {
  const [head = new Uint8Array(0)] = encodeFrame({ op: Op.put, id: 1, object: 7, message: { bytes: new Uint8Array(1 << 14), refs: [] } });
  const header = head.slice(0, 20);
  new DataView(header.buffer).setUint32(16, 2 ** 30);
  const before = process.memoryUsage().rss;
  const reader = new FrameReader();
  reader.push(header, () => expect.fail("no frame came"));
  reader.push(new Uint8Array(1000), () => expect.fail("no frame came"));
  expect(process.memoryUsage().rss - before).toBeLessThan(32 << 20);
  expect(reader.torn).toEqual({ op: Op.put, object: 7, arrived: 1000, expected: 2 ** 30 });
});
