import type { Socket } from "node:net";
import type { Frame } from "../../codec/frame.ts";
import { FrameReader, type TornFrame } from "../../codec/frame-reader.ts";
import { FrameWriter } from "../../codec/frame-writer.ts";
import { join } from "../../util/bytes.ts";
import { nextTurn, soon } from "../../util/clock.ts";
import { LinkedList } from "../../util/linked-list.ts";
import { Handshake, noSecret, type Role } from "./handshake.ts";

// Small frames are collected and sent together, at the end of the present task or as soon as they have this many bytes.
const BATCH_LIMIT = 1 << 16;
// Large messages are written in parts of this size, because some runtimes copy the whole rest of a write again and again.
const PART_SIZE = 1 << 19;

export interface SecureSocketEvents {
  /** Called when the handshake is complete. */
  opened?(): void;
  /** Called in a hub for a client that does not know the secret, and asks what is here. The bytes that it returns are the answer. */
  asked?(): Uint8Array;
  /** Called for each frame that comes. If it throws, the connection is cut. */
  frame(frame: Frame): void;
  /** Called once, at the end. `torn` is a frame that was cut off; `error` says why the connection failed, if it failed. */
  closed(torn: TornFrame | undefined, error: Error | undefined): void;
}

/** A socket between a hub and a client. It carries frames once each side has proved to the other that it knows the secret. */
export class SecureSocket {
  readonly #socket: Socket;
  readonly #events: SecureSocketEvents;
  readonly #handshake: Handshake;
  readonly #reader = new FrameReader();
  readonly #writer = new FrameWriter();
  readonly #parts = new LinkedList<Uint8Array>();
  #isOpen = false;
  #isClosed = false;
  #error: Error | undefined;
  #willFlush = false;
  #willFlushLater = false;
  // Whether the socket's buffer is full.
  #isBlocked = false;

  constructor(socket: Socket, role: Role, secret: Uint8Array, events: SecureSocketEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.unref();
    // Node's Buffer is turned into a plain Uint8Array: a Buffer's `slice` does not copy, and users would receive Buffers.
    socket.on("data", (chunk: Uint8Array) => this.#receive(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#end());
    this.#handshake = new Handshake(
      role,
      secret,
      (bytes) => void socket.write(bytes),
      () => void socket.end(events.asked?.() ?? new Uint8Array(0)),
    );
  }

  send(frame: Frame): void {
    if (this.#isClosed) return;
    this.#writer.write(frame);
    if (!this.#isOpen) return;
    if (this.#writer.size >= BATCH_LIMIT) this.flush();
    else if (frame.mayWait === true) this.#flushLater();
    else if (!this.#willFlush) {
      this.#willFlush = true;
      // The frame may be the acknowledgement of an item. Send it before the caller goes on: if the caller crashed after it used the item,
      // the item must not be delivered again.
      soon(() => this.flush());
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #flushLater(): void {
    if (this.#willFlushLater) return;
    this.#willFlushLater = true;
    nextTurn(() => {
      this.#willFlushLater = false;
      this.flush();
    });
  }

  /** Writes what was sent since the last task. In a process that ends, no later task does it. */
  flush(): void {
    this.#willFlush = false;
    if (this.#isClosed) return;
    if (this.#writer.size === 0) return;
    for (const part of partsOf(this.#writer.take())) this.#parts.push(part);
    if (!this.#isBlocked) this.#write();
  }

  #write(): void {
    this.#isBlocked = false;
    for (const part of this.#parts.drain()) {
      if (this.#socket.write(part)) continue;
      this.#isBlocked = true;
      this.#socket.once("drain", () => this.#write());
      return;
    }
  }

  #receive(chunk: Uint8Array): void {
    try {
      const frames = this.#isOpen ? chunk : this.#open(chunk);
      if (frames !== undefined) this.#reader.push(frames, (frame) => this.#events.frame(frame));
    } catch (error) {
      this.#error ??= error instanceof Error ? error : new Error(String(error));
      this.#socket.destroy();
    }
  }

  // Returns the bytes that follow the handshake, once the handshake is complete.
  #open(chunk: Uint8Array): Uint8Array | undefined {
    const rest = this.#handshake.push(chunk);
    if (rest === undefined) return undefined;
    this.#isOpen = true;
    this.#events.opened?.();
    this.flush();
    return rest;
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#writer.take();
    // A hub that refuses a client hangs up without a reason. So if the connection ends during the handshake, the secret was wrong.
    if (!this.#isOpen && this.#handshake.hasBegun) this.#error ??= noSecret();
    this.#events.closed(this.#reader.torn, this.#error);
  }
}

// Joins small pieces with what follows, so that no head of a frame is written alone, and cuts large ones.
function* partsOf(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  let size = 0;
  for (let piece of pieces) {
    if (size > 0 && piece.length > BATCH_LIMIT) {
      yield join([...small, piece.subarray(0, BATCH_LIMIT)]);
      piece = piece.subarray(BATCH_LIMIT);
      [small, size] = [[], 0];
    }
    for (; piece.length > BATCH_LIMIT; piece = piece.subarray(PART_SIZE)) yield piece.subarray(0, PART_SIZE);
    if (piece.length === 0) continue;
    small.push(piece);
    size += piece.length;
    if (size < BATCH_LIMIT) continue;
    yield joined(small);
    [small, size] = [[], 0];
  }
  if (size > 0) yield joined(small);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : join(pieces);
}
