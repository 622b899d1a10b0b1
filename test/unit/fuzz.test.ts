import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ObjectTable } from "../../src/backend/portable/hub/object-table.ts";
import { Participant } from "../../src/backend/portable/hub/participant.ts";
import { QueueState } from "../../src/backend/portable/objects/queue.ts";
import { decode } from "../../src/codec/decode.ts";
import { encode } from "../../src/codec/encode.ts";
import type { Frame } from "../../src/codec/frame.ts";
import { FrameReader } from "../../src/codec/frame-reader.ts";
import { encodeFrame } from "../../src/codec/frame-writer.ts";
import { Op } from "../../src/codec/op.ts";
import { FORMAT, Tag } from "../../src/codec/tags.ts";
import { CorruptedError, SerializationError } from "../../src/errors/errors.ts";
import { Random } from "../../tools/random.ts";
import { commandLine } from "../suite/runtimes.ts";
import { checkPlain, watchPrototypes } from "./fuzz/prototypes.ts";
import { ValueWriter } from "./fuzz/values.ts";

/** Always the same inputs, so that a failure follows from a change. `npm run fuzz` takes new ones each time. */
const seed = 1;

const program = fileURLToPath(new URL("./fuzz/run.ts", import.meta.url));

describe("hostile bytes, made from a seed", () => {
  for (const [runtime, count] of [
    ["node", 60_000],
    ["deno", 20_000],
    ["bun", 20_000],
  ] as const) {
    it(`${count} inputs on ${runtime}`, () => {
      const [file, args] = commandLine(runtime, program, [`--count=${count}`, `--seed=${seed}`]);
      const { status, signal, stdout, stderr } = spawnSync(file, args, { encoding: "utf8", timeout: 55_000 });
      expect({ seed, status, signal, stderr, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining(`"seed":${seed}`) });
    });
  }

  it("the same seed makes the same bytes", () => {
    const make = (): Uint8Array[] => Array.from({ length: 50 }, (_, input) => new ValueWriter(new Random(7, input)).whole());
    expect(make()).toEqual(make());
    expect(new Set(make().map(String)).size).toBeGreaterThan(40);
  });

  it("the watch over the prototypes sees each kind of pollution", () => {
    const check = watchPrototypes();
    check();
    const victims: [object, string][] = [
      [Object.prototype, "polluted"],
      [Array.prototype, "polluted"],
      [Error, "polluted"],
    ];
    const complaint = (look: () => void): string => {
      try {
        look();
        return "";
      } catch (error) {
        return String(error);
      }
    };
    // The pollution is removed before the test's own tools run.
    const complaints = victims.flatMap(([victim, key]) => {
      Object.defineProperty(victim, key, { value: 1, configurable: true, enumerable: true, writable: true });
      const found = [complaint(check), ...(victim === Object.prototype ? [complaint(checkPlain)] : [])];
      Reflect.deleteProperty(victim, key);
      return found;
    });
    expect(complaints).toHaveLength(4);
    for (const each of complaints) expect(each).toContain("polluted");
    check();
  });
});

describe("what the fuzzing has found", () => {
  it("an error's class that is no name is refused at once, however long it would be as text", () => {
    const writer = new ValueWriter(new Random(1, 1), true);
    writer.out.push(FORMAT, Tag.error);
    writer.laughs();
    const start = performance.now();
    expect(() => decode(Uint8Array.from(writer.out))).toThrow(SerializationError);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("an error's name, message and stack arrive as text, whatever they were", () => {
    for (const odd of [5, null, { deep: [1] }, Object.create(null) as object, Symbol("s")]) {
      const sent = new TypeError("x");
      // Tools that format stacks do so at the first look, and take both for text.
      expect(sent.stack).toBeTypeOf("string");
      Object.assign(sent, { message: odd, name: odd });
      const back = decode(encode(sent).bytes) as TypeError;
      expect(back).toBeInstanceOf(TypeError);
      expect([typeof back.message, typeof back.name]).toEqual(["string", "string"]);
    }
    const dom = new DOMException("gone", "AbortError");
    Object.defineProperty(dom, "name", { value: 5 });
    expect((decode(encode(dom).bytes) as DOMException).name).toBe("AbortError");
    class Own extends Error {}
    const own = Object.assign(new Own("own"), { constructor: null });
    expect(decode(encode(own).bytes)).toMatchObject({ name: "RemoteError", remoteName: "Own", message: "own" });
  });

  it("an error whose message is an error with itself as message is no value", () => {
    const writer = new ValueWriter(new Random(1, 1), true);
    writer.out.push(FORMAT, Tag.error);
    for (const text of ["TypeError", ""]) writer.string(text);
    writer.out.push(0);
    writer.size(1);
    writer.string("message");
    writer.out.push(Tag.known, 0);
    expect(() => decode(Uint8Array.from(writer.out))).toThrow(/message is no text/);
  });

  it("a frame that announces 1 GiB gets no more memory than it brings, and a large one is read whole", () => {
    const payload = new Uint8Array(70 << 20).map((_, i) => i % 251);
    const [head = new Uint8Array(0)] = encodeFrame({ op: Op.put, id: 1, object: 1, message: { bytes: payload, refs: [] } });
    const claim = head.slice();
    new DataView(claim.buffer).setUint32(16, 2 ** 30);
    const before = process.memoryUsage().arrayBuffers;
    const reader = new FrameReader();
    reader.push(claim, () => expect.fail("no frame came"));
    reader.push(new Uint8Array(1000), () => expect.fail("no frame came"));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 << 20);

    const frames: Frame[] = [];
    const honest = new FrameReader();
    honest.push(head, (frame) => frames.push(frame));
    for (let at = 0; at < payload.length; at += 3_000_000) honest.push(payload.subarray(at, at + 3_000_000), (frame) => frames.push(frame));
    expect(frames).toHaveLength(1);
    expect(Buffer.compare(frames[0]?.message?.bytes ?? head, payload)).toBe(0);
    expect(honest.torn).toBeUndefined();
  });

  const hub = (): { queue: QueueState; table: ObjectTable } => {
    const [queue, table] = [new QueueState({ maxsize: 0, redeliver: false }), new ObjectTable()];
    table.add("q", queue);
    return { queue, table };
  };

  it("a message with an operation that takes none is released", () => {
    const { table } = hub();
    let stored = 0;
    const store = (message: { bytes: Uint8Array; refs: [] }) => {
      stored++;
      return { ...message, objectsHeld: undefined, release: () => void stored-- };
    };
    const hostile = new Participant(table, () => {}, store as never);
    hostile.receive({ op: Op.attach, id: 1, object: 1, meta: "q" });
    const message = { bytes: new Uint8Array(1), refs: [] };
    expect(() => hostile.receive({ op: Op.stats, id: 2, object: 1, message })).toThrow(CorruptedError);
    hostile.receive({ op: Op.report, id: 3, object: 1, message });
    hostile.leave();
    expect(stored).toBe(0);
  });

  it("a request can't have the number of a request that waits: the first one would wait on after its process died", async () => {
    const { table } = hub();
    const store = (message: object) => ({ ...message, objectsHeld: Promise.resolve(), release: () => {} });
    const hostile = new Participant(table, () => {}, store as never);
    hostile.receive({ op: Op.attach, id: 1, object: 1, meta: "q" });
    // The reply comes later: once the shared objects inside are held.
    hostile.receive({ op: Op.put, id: 2, object: 1, message: { bytes: new Uint8Array(1), refs: [] } });
    expect(() => hostile.receive({ op: Op.get, id: 2, object: 1 })).toThrow(CorruptedError);
    await Promise.resolve();
    hostile.leave();
  });
});
