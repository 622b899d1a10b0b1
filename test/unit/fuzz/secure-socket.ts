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
import { sendInPieces } from "./send-in-pieces.ts";
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
    closed: (_torn, error) => open.reject(error ?? new Error("the hub closed the connection")),
  });
  open.promise.catch(() => {});
  return open.promise;
}

/** A hub behind its socket: whatever a peer sends, with or without the secret, the hub still serves the others. */
class SecureSockets implements Target {
  readonly name = "secure-socket";
  readonly share = 3000;
  #nursery: Nursery | undefined;
  #queue: QueuePort | undefined;
  #ref: Ref = { kind: "queue", hub: "", id: "" };
  #clientOfOther: QueuePort | undefined;

  async run(random: Random): Promise<boolean> {
    const family = this.#open();
    const socket = connect(this.#ref.hub);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
    const knowsSecret = !random.once(6);
    if (knowsSecret) await within(opened(socket, family.secret), "the handshake");
    else socket.resume().write(random.bytes(random.int(150)));
    const ids = [this.#ref.id, "no such object"];
    const bytes = hostileStream(random, { hub: this.#ref.hub, ids, sound: random.once(2) });
    sendInPieces(random, socket, bytes);
    await within(closed, "the end of a secure socket");
    await this.#checkQueue();
    return knowsSecret;
  }

  close(): void {
    this.#clientOfOther?.release();
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
      this.#clientOfOther = new Portable(other).attach(this.#ref) as QueuePort;
    }
    return this.#nursery.family;
  }

  /** Puts an item and waits for it. The hostile client may have put items before it. */
  async #checkQueue(): Promise<void> {
    const queue = this.#clientOfOther;
    ensure(queue !== undefined, "the hub was not opened");
    // The hub may still give the item to the hostile client until it has noticed that the client is gone.
    for (const until = Date.now() + WAIT.timeout; (await queue.stats()).participants > 2; )
      ensure(Date.now() < until, "the hub still counts a client that is gone");
    await queue.put({ bytes: MARK, refs: [] }, WAIT);
    for (;;) {
      const { message, settle } = await queue.get(WAIT);
      settle();
      if (message.bytes.length === 2 && message.bytes[0] === MARK[0] && message.bytes[1] === MARK[1]) return;
    }
  }
}

/** A parent with a hostile child: the channel delivers well-formed reports only, or ends. */
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
    ensure(reports * 20 <= bytes.length, "the channel reported more than was sent");
    return reports > 0;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const secureSockets: readonly Target[] = [new SecureSockets(), new Channels()];
