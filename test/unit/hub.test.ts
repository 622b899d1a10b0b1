import { createHmac, randomBytes } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { connect, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import timers from "node:timers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { CONNECTION, type ConnectionPort } from "../../src/backend/contract/connection.ts";
import { QUEUE, type QueuePort } from "../../src/backend/contract/queue.ts";
import type { Ref } from "../../src/backend/contract/ref.ts";
import type { Location } from "../../src/backend/portable/location.ts";
import { Portable } from "../../src/backend/portable/portable.ts";
import { SecureSocket } from "../../src/backend/portable/secure-socket.ts";
import type { Frame } from "../../src/codec/frame.ts";
import { encodeFrame } from "../../src/codec/frame-writer.ts";
import { Op } from "../../src/codec/op.ts";
import { AuthenticationError, BrokenPipeError, CorruptedError, OwnerDiedError, SerializationError } from "../../src/errors/errors.ts";
import { type ChildMembership, Tree } from "../../src/tree/tree.ts";
import { FOREVER, ONCE, upTo } from "../../src/util/wait-options.ts";

const tree = new Tree();
const own = new Portable(tree);
const settings = { maxsize: 0, redeliver: false };
let child: ChildMembership;
let queue: QueuePort;
let ref: Ref;
let location: Location;

beforeAll(async () => {
  // Each relative adds an exit hook, and here all of them are one process.
  process.setMaxListeners(300);
  child = tree.prepareChild(false);
  queue = own.make(QUEUE, settings);
  ref = queue.share();
  location = ref.location as Location;
});
afterAll(() => {
  queue.release();
  child.tidy();
  // The test runner ends its workers without running their exit hooks.
  rmSync(child.membership.folder, { recursive: true, force: true });
});

/** Another process of the tree, as far as the hub can tell. */
function relative(): Portable {
  const other = new Tree();
  other.join(child.membership);
  return new Portable(other);
}

async function served(): Promise<void> {
  const port = relative().attach(ref) as QueuePort;
  await port.put({ bytes: Uint8Array.of(1), refs: [] }, upTo(1000));
  const incoming = await port.get(upTo(1000));
  incoming?.settle();
  expect(incoming?.message.bytes).toEqual(Uint8Array.of(1));
  port.release();
}

function stranger(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(location.hub, () => resolve(socket));
    socket.on("error", reject);
  });
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.resume();
    socket.on("close", () => resolve());
    socket.on("error", () => resolve());
  });

/** A connection of a relative that sends whatever the test wants. */
async function rogue(): Promise<{ secure: SecureSocket; frames: Frame[]; ended: Promise<void>; socket: Socket }> {
  const socket = await stranger();
  const frames: Frame[] = [];
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const secure = new SecureSocket(socket, "client", child.membership.secret, {
    opened: opened.resolve,
    frame: (frame) => frames.push(frame),
    closed: () => ended.resolve(),
  });
  await opened.promise;
  return { secure, frames, ended: ended.promise, socket };
}

describe("strangers", () => {
  it("find the folder and the socket private", async () => {
    await served();
    expect(statSync(dirname(location.hub)).mode & 0o777).toBe(0o700);
    expect(statSync(location.hub).mode & 0o777).toBe(0o600);
  });

  it("are cut off without the secret, whether they send garbage, a wrong proof or a reflected one", async () => {
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
    stranger.join({ ...child.membership, secret: randomBytes(32) });
    const other = new Portable(stranger);
    await expect((other.attach(ref) as QueuePort).put({ bytes: new Uint8Array(1), refs: [] }, FOREVER)).rejects.toThrow(
      AuthenticationError,
    );
  });

  it("that stay silent keep nobody from being served, and only a limited number of them stays connected", async () => {
    const silent: Socket[] = [];
    let cut = 0;
    // The system does not let more of them wait at once.
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
  it("are all served if many connect while the hub is busy", async () => {
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

  /** Whether the two sides of a connection prove themselves to each other. */
  async function opens(socket: Socket, role: "hub" | "client"): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const secure = new SecureSocket(socket, role, child.membership.secret, {
      opened: () => resolve(true),
      frame: () => {},
      closed: () => resolve(false),
    });
    return promise.finally(() => secure.close());
  }

  it("may compute for an hour before they prove themselves, and so may the hub", async () => {
    const { setTimeout } = timers;
    onTestFinished(() => {
      vi.useRealTimers();
      timers.setTimeout = setTimeout;
      syncBuiltinESMExports();
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    // Modules that import it get the fake one too.
    timers.setTimeout = globalThis.setTimeout;
    syncBuiltinESMExports();
    const slow = await stranger();
    // The hub has greeted it.
    while (slow.bytesRead === 0) await new Promise((resolve) => setImmediate(resolve, slow.read(0)));
    await anHourLater();
    expect(await opens(slow, "client")).toBe(true);

    const address = join(child.membership.folder, "slow.sock");
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
  it("gets an error or is cut off, and harms nobody", async () => {
    const attacks: Frame[][] = [
      [{ op: 99, id: 1, object: 1 }],
      [{ op: Op.attach, id: 1, object: 1, meta: "no such object" }],
      [{ op: Op.attach, id: 1, object: 1, meta: { not: "a string" } }],
      [
        { op: Op.attach, id: 1, object: 1, meta: location.id },
        { op: Op.attach, id: 2, object: 1, meta: location.id },
      ],
      [
        { op: Op.attach, id: 1, object: 1, meta: location.id },
        { op: Op.put, id: 2, object: 1 },
        { op: Op.report, id: 3, object: 1 },
        { op: Op.get, id: 5, object: 1, message: { bytes: new Uint8Array(1), refs: [] } },
      ],
      [
        { op: Op.attach, id: 1, object: 1, meta: location.id },
        { op: Op.getMany, id: 2, object: 1, once: true, meta: -1 },
      ],
      [
        { op: Op.attach, id: 1, object: 1, meta: location.id },
        { op: Op.putMany, id: 2, object: 1, message: { bytes: new Uint8Array(3), refs: [] } },
      ],
      [
        { op: Op.attach, id: 1, object: 1, meta: location.id },
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
      const { secure, frames, ended } = await rogue();
      for (const frame of attack) secure.send(frame);
      secure.send({ op: Op.stats, id: 1000, object: 4242 });
      await Promise.race([ended, expect.poll(() => frames.some((frame) => frame.op === Op.fail)).toBe(true)]);
      secure.close();
    }
    await served();
  });

  it("is cut off if it sends a reference of an unknown kind", async () => {
    const { socket, ended } = await rogue();
    const message = { bytes: new Uint8Array(1), refs: [{ kind: "shell", backend: "portable", location: { hub: "/", id: "x" } }] };
    for (const piece of encodeFrame({ op: Op.put, id: 1, object: 1, message })) socket.write(piece);
    await ended;
    await served();
  });

  it("gets nowhere with a malformed reference", () => {
    const { hub, id } = location;
    const malformed: [string, unknown][] = [
      ["queue", undefined],
      ["queue", null],
      ["queue", "text"],
      ["queue", { hub }],
      ["queue", { hub, id: 1 }],
      ["queue", { hub: ["/"], id }],
      ["queue", { hub, id }],
      ["queue", { hub, id, isBounded: 1 }],
      ["connection", { hub, id }],
      ["connection", { hub, id, readable: true, writable: 1 }],
      ["sharedArray", { hub, id, length: 1 }],
      ["sharedArray", { hub, id, type: "toString", length: 1 }],
      ["sharedArray", { hub, id, type: "i32", length: -1 }],
      ["sharedArray", { hub, id, type: "i32", length: 1.5 }],
      ["memory", { hub, id }],
      ["shell", { hub, id }],
    ];
    for (const [kind, bad] of malformed) expect(() => own.attach({ kind, backend: "portable", location: bad })).toThrow(SerializationError);
  });

  it("harms nobody by random frames and bytes", async () => {
    const frame = fc.record({
      op: fc.integer({ min: 0, max: 22 }),
      id: fc.nat(50),
      object: fc.nat(3),
      once: fc.boolean(),
      meta: fc.anything({ maxDepth: 1 }).filter((meta) => typeof meta !== "function" && typeof meta !== "symbol"),
    });
    for (const frames of fc.sample(fc.array(frame, { minLength: 50, maxLength: 50 }), 100)) {
      const { secure, ended } = await rogue();
      secure.send({ op: Op.attach, id: 9999, object: 1, meta: location.id });
      for (const each of frames) secure.send(each.op === Op.shutdown ? { ...each, op: Op.stats } : each);
      await new Promise((resolve) => setTimeout(resolve, 1));
      secure.close();
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

  it("leaves the queue as it was if it dies in the middle of a put", async () => {
    const before = await queue.stats();
    const { secure, socket, ended } = await rogue();
    secure.send({ op: Op.attach, id: 1, object: 1, meta: location.id });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [head = new Uint8Array(0)] = encodeFrame({ op: Op.put, id: 2, object: 1, message: { bytes: new Uint8Array(1 << 20), refs: [] } });
    socket.write(head);
    socket.write(new Uint8Array(1000));
    await new Promise((resolve) => setTimeout(resolve, 20));
    secure.close();
    await ended;
    await served();
    const after = await queue.stats();
    expect([after.size, after.puts]).toEqual([before.size, before.puts + 1]);
  });

  it("gets an error if it uses an end of a pipe in the wrong direction", async () => {
    const [reader, writer] = own.make(CONNECTION, { duplex: false });
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

  it("gets an OwnerDiedError if it attaches an object that is gone", async () => {
    const gone = relative().attach({ ...ref, location: { ...location, id: "0".repeat(24) } }) as QueuePort;
    await expect(gone.get(FOREVER)).rejects.toThrow(OwnerDiedError);
  });
});
