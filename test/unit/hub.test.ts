import { createHmac, randomBytes } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { connect, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import timers from "node:timers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { ConnectionPort, QueuePort, Ref } from "../../src/backend/contract/backend.ts";
import { Portable } from "../../src/backend/portable/portable.ts";
import { Line } from "../../src/backend/portable/secure-socket.ts";
import { encodeFrame, type Frame, Op } from "../../src/codec/frame.ts";
import { AuthenticationError, BrokenPipeError, CorruptedError, OwnerDiedError } from "../../src/errors/errors.ts";
import { type Nursery, Tree } from "../../src/tree/tree.ts";
import { FOREVER, ONCE } from "../../src/util/timing.ts";

const tree = new Tree();
const own = new Portable(tree);
const settings = { maxsize: 0, redeliver: false };
let nursery: Nursery;
let queue: QueuePort;
let ref: Ref;

beforeAll(async () => {
  // Each relative has an exit hook, and here they are all one process.
  process.setMaxListeners(300);
  nursery = tree.nurse(false);
  queue = own.makeQueue("queue", settings);
  ref = queue.share();
});
afterAll(() => {
  queue.release();
  nursery.tidy();
  // The test runner ends its workers without their exit hooks.
  rmSync(nursery.family.folder, { recursive: true, force: true });
});

/** Another process of the tree, as far as the hub can tell. */
function relative(): Portable {
  const other = new Tree();
  other.take(nursery.family);
  return new Portable(other);
}

async function served(): Promise<void> {
  const port = relative().attach(ref) as QueuePort;
  await port.put({ bytes: Uint8Array.of(1), refs: [] }, { timeout: 1000, signal: undefined });
  const incoming = await port.get({ timeout: 1000, signal: undefined });
  incoming.settle();
  expect(incoming.message.bytes).toEqual(Uint8Array.of(1));
  port.release();
}

function stranger(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(ref.hub, () => resolve(socket));
    socket.on("error", reject);
  });
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.resume();
    socket.on("close", () => resolve());
    socket.on("error", () => resolve());
  });

/** A line of a relative that says whatever it likes. */
async function rogue(): Promise<{ line: Line; frames: Frame[]; ended: Promise<void>; socket: Socket }> {
  const socket = await stranger();
  const frames: Frame[] = [];
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const line = new Line(socket, "client", nursery.family.secret, {
    opened: opened.resolve,
    frame: (frame) => frames.push(frame),
    closed: () => ended.resolve(),
  });
  await opened.promise;
  return { line, frames, ended: ended.promise, socket };
}

describe("strangers", () => {
  it("find a private folder and socket", async () => {
    await served();
    expect(statSync(dirname(ref.hub)).mode & 0o777).toBe(0o700);
    expect(statSync(ref.hub).mode & 0o777).toBe(0o600);
  });

  it("are cut off without the secret: garbage, a wrong proof, a reflected one", async () => {
    const garbage = await stranger();
    garbage.write(randomBytes(200));
    await closed(garbage);

    const wrong = await stranger();
    wrong.write(Buffer.concat([randomBytes(32), randomBytes(32)]));
    await closed(wrong);

    const mirror = await stranger();
    const hello = await new Promise<Buffer>((resolve) => mirror.once("data", resolve));
    const challenge = hello.subarray(-32);
    mirror.write(Buffer.concat([challenge, createHmac("sha256", randomBytes(32)).update(challenge).digest()]));
    await closed(mirror);
    await served();
  });

  it("with another secret get an AuthenticationError", async () => {
    const stranger = new Tree();
    stranger.take({ ...nursery.family, secret: randomBytes(32) });
    const other = new Portable(stranger);
    await expect((other.attach(ref) as QueuePort).put({ bytes: new Uint8Array(1), refs: [] }, FOREVER)).rejects.toThrow(
      AuthenticationError,
    );
  });

  it("who stay silent keep nobody from being served, and only so many of them are kept", async () => {
    const silent: Socket[] = [];
    let cut = 0;
    // The system lets no more of them wait at once.
    for (let batch = 0; batch < 2; batch++) {
      silent.push(...(await Promise.all(Array.from({ length: 300 }, () => stranger()))));
      await served();
    }
    for (const socket of silent) void closed(socket).then(() => cut++);
    await expect.poll(() => cut).toBeGreaterThanOrEqual(600 - 512);
    expect(cut).toBeLessThan(100);
    for (const socket of silent) socket.destroy();
  });
});

describe("processes of the tree", () => {
  it("that come in numbers while the hub is busy are all served", async () => {
    const ports = Array.from({ length: 200 }, () => relative().attach(ref) as QueuePort);
    const arrived = await Promise.allSettled(ports.map((port) => port.attached));
    for (const port of ports) port.release();
    expect(arrived.filter(({ status }) => status === "rejected")).toEqual([]);
  });

  /** Lets an hour pass for all timers. */
  async function anHourLater(): Promise<void> {
    vi.advanceTimersByTime(3_600_000);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Says whether the two sides of a line find each other. */
  async function opens(socket: Socket, role: "hub" | "client"): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const line = new Line(socket, role, nursery.family.secret, {
      opened: () => resolve(true),
      frame: () => {},
      closed: () => resolve(false),
    });
    return promise.finally(() => line.close());
  }

  it("may compute for an hour before they prove themselves, and so may the hub", async () => {
    const { setTimeout } = timers;
    onTestFinished(() => {
      vi.useRealTimers();
      timers.setTimeout = setTimeout;
      syncBuiltinESMExports();
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    // Also for who imports it.
    timers.setTimeout = globalThis.setTimeout;
    syncBuiltinESMExports();
    const slow = await stranger();
    // The hub has greeted it.
    while (slow.bytesRead === 0) await new Promise((resolve) => setImmediate(resolve, slow.read(0)));
    await anHourLater();
    expect(await opens(slow, "client")).toBe(true);

    const address = join(nursery.family.folder, "slow.sock");
    const accepted = Promise.withResolvers<Socket>();
    const server = createServer({ pauseOnConnect: true }, accepted.resolve).listen(address);
    onTestFinished(() => void server.close());
    const client = opens(connect(address), "client");
    const socket = await accepted.promise;
    await anHourLater();
    socket.resume();
    expect([await opens(socket, "hub"), await client]).toEqual([true, true]);
  });
});

describe("a process of the tree that lies", () => {
  it("is answered with an error, or cut off, and harms nobody", async () => {
    const attacks: Frame[][] = [
      [{ op: 99, id: 1, object: 1 }],
      [{ op: Op.attach, id: 1, object: 1, meta: "no such object" }],
      [{ op: Op.attach, id: 1, object: 1, meta: { not: "a string" } }],
      [
        { op: Op.attach, id: 1, object: 1, meta: ref.id },
        { op: Op.attach, id: 2, object: 1, meta: ref.id },
      ],
      [
        { op: Op.attach, id: 1, object: 1, meta: ref.id },
        { op: Op.put, id: 2, object: 1 },
        { op: Op.report, id: 3, object: 1 },
        { op: Op.shutdown + 100, id: 4, object: 1 },
      ],
      [
        { op: Op.settle, id: 77, object: 0 },
        { op: Op.giveBack, id: 78, object: 0 },
        { op: Op.cancel, id: 79, object: 0 },
        { op: Op.detach, id: 0, object: 80 },
        { op: Op.taskDone, id: 5, object: 6 },
      ],
    ];
    for (const attack of attacks) {
      const { line, frames, ended } = await rogue();
      for (const frame of attack) line.send(frame);
      line.send({ op: Op.stats, id: 1000, object: 4242 });
      await Promise.race([ended, expect.poll(() => frames.some((frame) => frame.op === Op.fail)).toBe(true)]);
      line.close();
    }
    await served();
  });

  it("with references of wrong kinds is cut off", async () => {
    const { socket, ended } = await rogue();
    const message = { bytes: new Uint8Array(1), refs: [{ kind: "shell" as never, hub: "/", id: "x" }] };
    for (const piece of encodeFrame({ op: Op.put, id: 1, object: 1, message })) socket.write(piece);
    await ended;
    await served();
  });

  it("sending random frames and bytes for long harms nobody", async () => {
    const frame = fc.record({
      op: fc.integer({ min: 0, max: 20 }),
      id: fc.nat(50),
      object: fc.nat(3),
      once: fc.boolean(),
      meta: fc.anything({ maxDepth: 1 }).filter((meta) => typeof meta !== "function" && typeof meta !== "symbol"),
    });
    for (const frames of fc.sample(fc.array(frame, { minLength: 50, maxLength: 50 }), 100)) {
      const { line, ended } = await rogue();
      line.send({ op: Op.attach, id: 9999, object: 1, meta: ref.id });
      for (const each of frames) line.send(each.op === Op.shutdown ? { ...each, op: Op.stats } : each);
      await new Promise((resolve) => setTimeout(resolve, 1));
      line.close();
      await ended;
    }
    const { socket, ended } = await rogue();
    for (let i = 0; i < 20; i++) socket.write(randomBytes(1000));
    await ended;
    const waiting = queue.get(ONCE).catch(() => undefined);
    (await waiting)?.settle();
    await served();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("dying in the middle of a put leaves the queue as it was", async () => {
    const before = await queue.stats();
    const { line, socket, ended } = await rogue();
    line.send({ op: Op.attach, id: 1, object: 1, meta: ref.id });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [head = new Uint8Array(0)] = encodeFrame({ op: Op.put, id: 2, object: 1, message: { bytes: new Uint8Array(1 << 20), refs: [] } });
    socket.write(head);
    socket.write(new Uint8Array(1000));
    await new Promise((resolve) => setTimeout(resolve, 20));
    line.close();
    await ended;
    await served();
    const after = await queue.stats();
    expect([after.size, after.puts]).toEqual([before.size, before.puts + 1]);
  });

  it("using a pipe's end in its wrong direction is an error", async () => {
    const [reader, writer] = own.makePipe(false);
    const back = reader.share();
    const forth = writer.share();
    const other = relative();
    const wrongWay = other.attach(back) as ConnectionPort;
    await expect(wrongWay.send({ bytes: new Uint8Array(1), refs: [] }, FOREVER)).rejects.toThrow(CorruptedError);
    await expect((other.attach(forth) as ConnectionPort).recv(FOREVER)).rejects.toThrow(CorruptedError);
    reader.release();
    wrongWay.release();
    await expect
      .poll(() => writer.send({ bytes: new Uint8Array(1), refs: [] }, ONCE).catch((error: unknown) => error))
      .toBeInstanceOf(BrokenPipeError);
    writer.release();
  });

  it("attaching to what is gone is an OwnerDiedError", async () => {
    const gone = relative().attach({ ...ref, id: "0".repeat(24) }) as QueuePort;
    await expect(gone.get(FOREVER)).rejects.toThrow(OwnerDiedError);
  });
});
