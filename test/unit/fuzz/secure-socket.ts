import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { QueuePort, Ref, ReportKind } from "../../../src/backend/backend.ts";
import { loadLibrary } from "../../../src/backend/native/library.ts";
import { Native } from "../../../src/backend/native/native.ts";
import { Line } from "../../../src/backend/portable/line.ts";
import { Portable } from "../../../src/backend/portable/portable.ts";
import { type Nursery, Tree } from "../../../src/backend/tree.ts";
import { isRef } from "../../../src/wire/refs.ts";
import type { Random } from "../../../tools/random.ts";
import { hostileStream } from "./hub.ts";
import { ensure, type Target } from "./target.ts";

const WAIT = { timeout: 5000, signal: undefined };
const MARK = Uint8Array.of(0xfe, 0xed);

function within<T>(promise: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} took longer than ${WAIT.timeout} ms`)), WAIT.timeout);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function opened(socket: Socket, secret: Uint8Array): Promise<void> {
  const open = Promise.withResolvers<void>();
  new Line(socket, "client", secret, {
    opened: open.resolve,
    frame: () => {},
    closed: (_torn, error) => open.reject(error ?? new Error("the hub hung up")),
  });
  open.promise.catch(() => {});
  return open.promise;
}

/** A hub behind its socket: whatever a peer says there, with or without the secret, the others are served. */
class Lines implements Target {
  readonly name = "line";
  readonly share = 3000;
  #nursery: Nursery | undefined;
  #queue: QueuePort | undefined;
  #ref: Ref = { kind: "queue", hub: "", id: "" };
  #relative: QueuePort | undefined;

  async run(random: Random): Promise<boolean> {
    const family = this.#open();
    const socket = connect(this.#ref.hub);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
    const knows = !random.once(6);
    if (knows) await within(opened(socket, family.secret), "the handshake");
    else socket.resume().write(random.bytes(random.int(150)));
    const ids = [this.#ref.id, "no such object"];
    const bytes = hostileStream(random, { hub: this.#ref.hub, ids, sound: random.once(2) });
    for (let from = 0; from < bytes.length; ) {
      const to = random.once(2) ? bytes.length : from + 1 + random.int(200);
      socket.write(bytes.slice(from, to));
      from = to;
    }
    if (random.once(2)) socket.end();
    else setTimeout(() => socket.destroy(), random.int(3));
    await within(closed, "the end of a line");
    await this.#serves();
    return knows;
  }

  close(): void {
    this.#relative?.release();
    this.#queue?.release();
    this.#nursery?.tidy();
    if (this.#nursery !== undefined) rmSync(this.#nursery.family.folder, { recursive: true, force: true });
  }

  #open(): Nursery["family"] {
    if (this.#nursery === undefined) {
      const tree = new Tree();
      this.#nursery = tree.nurse(false);
      this.#queue = new Portable(tree).makeQueue("queue", { maxsize: 0, redeliver: false });
      this.#ref = this.#queue.share();
      const other = new Tree();
      other.take(this.#nursery.family);
      this.#relative = new Portable(other).attach(this.#ref) as QueuePort;
    }
    return this.#nursery.family;
  }

  // First out is what the liar put, as it may; then the mark.
  async #serves(): Promise<void> {
    const queue = this.#relative;
    ensure(queue !== undefined, "the hub was not opened");
    // Until the hub knows that the liar is gone, an item may go to it.
    for (const until = Date.now() + WAIT.timeout; (await queue.stats()).participants > 2; )
      ensure(Date.now() < until, "the hub still counts a liar that is gone");
    await queue.put({ bytes: MARK, refs: [] }, WAIT);
    for (;;) {
      const { message, settle } = await queue.get(WAIT);
      settle();
      if (message.bytes.length === 2 && message.bytes[0] === MARK[0] && message.bytes[1] === MARK[1]) return;
    }
  }
}

/** What a parent makes of a child's channel: reports that are well-formed, or the end of the child. */
class Channels implements Target {
  readonly name = "channel";
  readonly share = 2000;
  readonly #folder = mkdtempSync(join(tmpdir(), "pp-fuzz-"));
  #native: Native | undefined;

  async run(random: Random): Promise<boolean> {
    const { shim } = loadLibrary();
    if (shim === undefined) return false;
    this.#native ??= new Native(shim, new Tree());
    const file = join(this.#folder, "bytes");
    const bytes = hostileStream(random, { hub: "/h", ids: ["0".repeat(32)], sound: random.once(2) }, true);
    writeFileSync(file, bytes);
    const args = ["-c", 'exec cat "$0" >&0', file];
    const child = await this.#native.spawn(
      { file: "/bin/sh", args, env: {}, cwd: undefined, stdout: "null", stderr: "null" },
      false,
      undefined,
    );
    let reports = 0;
    child.openDoor((kind: ReportKind, { bytes: came, refs }) => {
      reports++;
      ensure(["started", "result", "error"].includes(kind) && came.length <= bytes.length && refs.every(isRef), "a report is malformed");
    });
    await within(child.closed(), "the end of a channel");
    await within(child.child.exited, "the end of a child");
    child.release();
    child.nursery.tidy();
    ensure(reports * 20 <= bytes.length, "more was reported than was sent");
    return reports > 0;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const lines: readonly Target[] = [new Lines(), new Channels()];
