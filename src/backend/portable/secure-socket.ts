import type { Socket } from "node:net";
import { type Frame, FrameReader, FrameWriter, type Torn } from "../../codec/frame.ts";
import { AuthenticationError } from "../../errors/errors.ts";
import { join } from "../../util/bytes.ts";
import { crypto } from "../../util/lazy-modules.ts";
import { List } from "../../util/linked-list.ts";
import { randomBytes } from "../../util/random.ts";

const NO_SECRET = "The two sides do not know the same secret: shared objects travel inside one process tree alone.";
const HELLO = new TextEncoder().encode("polyproc/1\n");
const NONCE = 32;
const PROOF = 32;
// Small frames of one turn of the event loop leave in one write.
const BATCH_LIMIT = 1 << 16;
// Large payloads leave in parts of this size: some runtimes copy what is left of a write at each step.
const PART = 1 << 19;

export interface LineEvents {
  /** Each side has proved itself. */
  opened?(): void;
  /** Throwing cuts the line. */
  frame(frame: Frame): void;
  /** Called once; `error` where the line never came about. */
  closed(torn: Torn | undefined, error: Error | undefined): void;
}

/**
 * Frames over a socket between a hub and a client, after each has proved to the other that it knows the secret:
 * hello and nonce of the hub, nonce and proof of the client, proof of the hub. Either may take its time: who computes answers late.
 */
export class Line {
  readonly #socket: Socket;
  readonly #secret: Uint8Array;
  readonly #events: LineEvents;
  readonly #reader = new FrameReader();
  readonly #writer = new FrameWriter();
  readonly #ownNonce = randomBytes(NONCE);
  readonly #isHub: boolean;
  #greeting: Uint8Array = new Uint8Array(0);
  #peerNonce: Uint8Array | undefined;
  #open = false;
  #closed = false;
  #error: Error | undefined;
  #flushing = false;
  readonly #parts = new List<Uint8Array>();
  #blocked = false;

  constructor(socket: Socket, role: "hub" | "client", secret: Uint8Array, events: LineEvents) {
    this.#socket = socket;
    this.#secret = secret;
    this.#events = events;
    this.#isHub = role === "hub";
    socket.unref();
    // Node's Buffer slices without copying, and would arrive as a Buffer.
    socket.on("data", (chunk: Uint8Array) => this.#receive(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#end());
    if (this.#isHub) socket.write(join([HELLO, this.#ownNonce]));
  }

  send(frame: Frame): void {
    if (this.#closed) return;
    this.#writer.write(frame);
    if (!this.#open) return;
    if (this.#writer.size >= BATCH_LIMIT) this.#flush();
    else if (!this.#flushing) {
      this.#flushing = true;
      // No later: a caller who goes on with an item has said that it came, and is not counted as killed without it.
      queueMicrotask(() => this.#flush());
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#closed) return;
    const { size } = this.#writer;
    const pieces = this.#writer.take();
    for (const piece of pieces.length > 1 && size < 2 * BATCH_LIMIT ? [join(pieces)] : pieces)
      for (let at = 0; at < piece.length; at += PART) this.#parts.push(piece.length <= PART ? piece : piece.subarray(at, at + PART));
    if (!this.#blocked) this.#write();
  }

  #write(): void {
    this.#blocked = false;
    for (const part of this.#parts.drain()) {
      if (this.#socket.write(part)) continue;
      this.#blocked = true;
      this.#socket.once("drain", () => this.#write());
      return;
    }
  }

  #receive(chunk: Uint8Array): void {
    try {
      if (this.#open) this.#reader.push(chunk, (frame) => this.#events.frame(frame));
      else this.#greet(chunk);
    } catch (error) {
      this.#cut(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #greet(chunk: Uint8Array): void {
    this.#greeting = join([this.#greeting, chunk]);
    if (this.#isHub) this.#checkClient();
    else this.#checkHub();
  }

  #checkClient(): void {
    if (this.#greeting.length < NONCE + PROOF) return;
    this.#peerNonce = this.#take(NONCE);
    this.#verify("client", this.#take(PROOF), this.#ownNonce, this.#peerNonce);
    this.#socket.write(this.#proof("hub", this.#peerNonce, this.#ownNonce));
    this.#opened();
  }

  #checkHub(): void {
    if (this.#peerNonce === undefined) {
      if (this.#greeting.length < HELLO.length + NONCE) return;
      if (!HELLO.every((byte, i) => this.#greeting[i] === byte)) {
        throw new AuthenticationError(
          "The other side is no polyproc process, or one of another version: use one version in the whole tree.",
        );
      }
      this.#take(HELLO.length);
      this.#peerNonce = this.#take(NONCE);
      this.#socket.write(join([this.#ownNonce, this.#proof("client", this.#peerNonce, this.#ownNonce)]));
    }
    if (this.#greeting.length < PROOF) return;
    this.#verify("hub", this.#take(PROOF), this.#ownNonce, this.#peerNonce);
    this.#opened();
  }

  #opened(): void {
    this.#open = true;
    this.#events.opened?.();
    this.#flush();
    if (this.#greeting.length > 0) this.#reader.push(this.#take(this.#greeting.length), (frame) => this.#events.frame(frame));
  }

  #take(size: number): Uint8Array {
    const taken = this.#greeting.slice(0, size);
    this.#greeting = this.#greeting.slice(size);
    return taken;
  }

  #proof(role: "hub" | "client", challenge: Uint8Array, own: Uint8Array): Uint8Array {
    return crypto().createHmac("sha256", this.#secret).update(HELLO).update(role).update(challenge).update(own).digest();
  }

  #verify(role: "hub" | "client", proof: Uint8Array, challenge: Uint8Array, theirs: Uint8Array): void {
    if (!crypto().timingSafeEqual(proof, this.#proof(role, challenge, theirs))) {
      throw new AuthenticationError(
        "The other side does not know this tree's secret: shared objects travel inside one process tree alone.",
      );
    }
  }

  #cut(error: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.take();
    // A hub says nothing to a client that can't prove itself: it hangs up.
    if (!this.#open && this.#peerNonce !== undefined) this.#error ??= new AuthenticationError(NO_SECRET);
    this.#events.closed(this.#reader.torn, this.#error);
  }
}
