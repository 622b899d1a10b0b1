import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReportKind } from "../../../src/backend/contract/launcher.ts";
import { QUEUE, type QueuePort } from "../../../src/backend/contract/queue.ts";
import { isRef, type Ref } from "../../../src/backend/contract/ref.ts";
import { loadLibrary } from "../../../src/backend/native/library/load.ts";
import { Native } from "../../../src/backend/native/native.ts";
import { checkLocation } from "../../../src/backend/portable/location.ts";
import { Portable } from "../../../src/backend/portable/portable.ts";
import { SecureSocket } from "../../../src/backend/portable/secure-socket.ts";
import { type ChildMembership, type Membership, Tree } from "../../../src/tree/tree.ts";
import { upTo } from "../../../src/util/wait-options.ts";
import type { Random } from "../../../tools/random.ts";
import { hostileStream } from "./hub.ts";
import { sendInPieces } from "./send-in-pieces.ts";
import { ensure, type Target } from "./target.ts";

const WAIT = upTo(5000);
const MARK = Uint8Array.of(0xfe, 0xed);

function within<T>(promise: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} took longer than ${WAIT.timeout} ms`)), WAIT.timeout);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function opened(socket: Socket, secret: Uint8Array): Promise<void> {
  const open = Promise.withResolvers<void>();
  new SecureSocket(socket, "client", secret, {
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
  #child: ChildMembership | undefined;
  #queue: QueuePort | undefined;
  #ref: Ref | undefined;
  #clientOfOther: QueuePort | undefined;

  async run(random: Random): Promise<boolean> {
    const { secret } = this.#open();
    const { hub, id } = checkLocation(this.#ref?.location);
    const socket = connect(hub);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
    const knowsSecret = !random.once(6);
    if (knowsSecret) await within(opened(socket, secret), "the handshake");
    else socket.resume().write(random.bytes(random.int(150)));
    const ids = [id, "no such object"];
    const bytes = hostileStream(random, { hub, ids, sound: random.once(2) });
    sendInPieces(random, socket, bytes);
    await within(closed, "the end of a secure socket");
    await this.#checkQueue();
    return knowsSecret;
  }

  close(): void {
    this.#clientOfOther?.release();
    this.#queue?.release();
    this.#child?.tidy();
    if (this.#child !== undefined) rmSync(this.#child.membership.folder, { recursive: true, force: true });
  }

  #open(): Membership {
    if (this.#child === undefined) {
      const tree = new Tree();
      this.#child = tree.prepareChild(false);
      this.#queue = new Portable(tree).make(QUEUE, { maxsize: 0, redeliver: false });
      this.#ref = this.#queue.share();
      const other = new Tree();
      other.join(this.#child.membership);
      this.#clientOfOther = new Portable(other).attach(this.#ref) as QueuePort;
    }
    return this.#child.membership;
  }

  /** Puts an item and waits for it. The hostile client may have put items before it. */
  async #checkQueue(): Promise<void> {
    const queue = this.#clientOfOther;
    ensure(queue !== undefined, "the hub was not opened");
    // The hub may still give the item to the hostile client until it has noticed that the client is gone.
    for (const until = Date.now() + WAIT.timeout; (await queue.stats()).participants > 2; )
      ensure(Date.now() < until, "the hub still counts a client that is gone");
    ensure(await queue.put({ bytes: MARK, refs: [] }, WAIT), "the hub accepts no item");
    for (;;) {
      const incoming = await queue.get(WAIT);
      ensure(incoming !== undefined, "the queue did not deliver the item");
      const { message } = incoming;
      incoming.settle();
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
    const { library } = loadLibrary();
    if (library === undefined) return false;
    this.#native ??= new Native(library, new Tree());
    const file = join(this.#folder, "bytes");
    const bytes = hostileStream(random, { hub: "/h", ids: ["0".repeat(32)], sound: random.once(2) }, true);
    writeFileSync(file, bytes);
    let reports = 0;
    const args = ["-c", 'exec cat "$0" >&0', file];
    const command = {
      file: "/bin/sh",
      args,
      environment: {},
      env: {},
      cwd: undefined,
      stdout: "null",
      stderr: "null",
      detached: false,
    } as const;
    const { process: child, channel } = await this.#native.launcher.start(command, { limits: undefined, detached: false });
    channel.listen((kind: ReportKind, { bytes: came, refs }) => {
      reports++;
      ensure(
        ["waiting", "started", "result", "error"].includes(kind) && came.length <= bytes.length && refs.every(isRef),
        "a report is malformed",
      );
    });
    await within(channel.closed(), "the end of a channel");
    await within(child.exited, "the end of a child");
    channel.release();
    ensure(reports * 20 <= bytes.length, "the channel reported more than was sent");
    return reports > 0;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const secureSockets: readonly Target[] = [new SecureSockets(), new Channels()];
