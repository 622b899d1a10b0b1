import type { Socket } from "node:net";
import type { ConnectionPort, Incoming, Message, Port } from "../backend/contract/backend.ts";
import { MAX_MESSAGE } from "../codec/tags.ts";
import { ClosedError, EOFError, UnsupportedError } from "../errors/errors.ts";
import { cutOff, endOfPipe, noReader, nothingCame, notRead } from "../errors/messages.ts";
import { Attempts } from "../util/attempts.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import { after, orLate, type Wait } from "../util/timing.ts";
import { MAX_GREETING } from "./handshake.ts";
import { frame, MessageReader } from "./messages.ts";

// After its last byte a closed connection reads on for so long, and drops it: unread bytes would have the kernel drop sent ones.
const LINGER = 1_000;
// A host that vanished is noticed: probes begin after so many milliseconds of silence.
const KEEP_ALIVE = 30_000;

/** A write that was handed to the runtime. */
interface Written {
  readonly done: Promise<void>;
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly written?: () => void;
}

/** A connection to a process outside of this tree, over a socket. */
export class RemotePort implements ConnectionPort {
  readonly foreign = true;
  readonly attached: Promise<void> = Promise.resolve();
  /** Resolves when the socket is gone. */
  readonly gone: Promise<void>;
  readonly #socket: Socket;
  readonly #reader = new MessageReader(MAX_GREETING);
  readonly #recvs = new Attempts(() => {});
  readonly #sends = new Attempts(() => {});
  readonly #unsent = new Set<Promise<void>>();
  readonly #unwritten = new Set<(error: Error) => void>();
  #pieces: Piece[] = [];
  #opened = false;
  #blocked = false;
  #paused = false;
  #ended = false;
  #lost = false;
  #released = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.unref();
    socket.setNoDelay(true);
    // Node's Buffer slices without copying, and would arrive as a Buffer.
    socket.on("data", (chunk: Uint8Array) => this.#take(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
    socket.on("drain", () => this.#drained());
    // Nobody shuts down one direction alone: who sends no more reads no more.
    socket.on("end", () => socket.destroy());
    socket.on("error", () => {
      this.#lost ||= this.#paused;
    });
    this.gone = new Promise((resolve) => {
      socket.on("close", () => {
        this.#end();
        resolve();
      });
    });
  }

  /** The other side has proved itself: messages of any length are taken from now on. */
  open(): void {
    this.#opened = true;
    this.#socket.setKeepAlive(true, KEEP_ALIVE);
    this.#reader.limit = MAX_MESSAGE;
    this.#flow();
  }

  /** Drops the connection and all that is under way. */
  cut(): void {
    this.#socket.destroy();
  }

  again(): Port {
    return { attached: this.attached, share: () => this.share(), again: () => this.again(), release: () => {} };
  }

  share(): never {
    throw new UnsupportedError(
      "A connection of a Listener or Client can't travel: have the other process connect with a Client of its own.",
    );
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.giveUp(() => new ClosedError("The connection was closed in this process while this call waited."));
    if (this.#ended) return;
    void this.#sent().then(() => {
      this.#socket.resume();
      this.#socket.end();
      after(LINGER, () => this.cut());
    });
  }

  giveUp(reason: () => Error): void {
    this.#recvs.giveUp(reason);
  }

  async send(message: Message, wait: Wait): Promise<void> {
    if (message.refs.length > 0)
      throw new UnsupportedError("Queues, connections and the like can't travel to a process outside of this tree: send plain values.");
    const sending = this.#write(message.bytes.slice(), wait);
    this.#unsent.add(sending);
    const letGo = holdEventLoop();
    try {
      await sending;
    } finally {
      letGo();
      this.#unsent.delete(sending);
    }
  }

  async recv(wait: Wait): Promise<Incoming> {
    const look = (): Uint8Array | undefined => this.#next();
    const bytes = await this.#recvs.make({ wait, tooLate: nothingCame, look }, this.#opened);
    return { message: { bytes, refs: [] }, settle: () => {} };
  }

  poll(wait: Wait): Promise<boolean> {
    const look = (): true | undefined => (this.#reader.isReady || this.#ended ? true : undefined);
    return orLate(false, (tooLate) => this.#recvs.make({ wait, tooLate, look }));
  }

  get fd(): never {
    throw new UnsupportedError("fileno() works on ends of a Pipe of the native backend: a Listener's or Client's socket is its runtime's.");
  }

  get pollNow(): never {
    return noBlocking("wait");
  }

  sendSync(): never {
    return noBlocking("send");
  }

  recvSync(): never {
    return noBlocking("recv");
  }

  pollSync(): never {
    return noBlocking("poll");
  }

  #take(chunk: Uint8Array): void {
    if (this.#released) return;
    this.#reader.push(chunk);
    this.#recvs.retry();
    this.#flow();
  }

  // Nobody's memory fills with what nobody takes.
  #flow(): void {
    const pause = this.#reader.isFull && !this.#released;
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#socket.pause();
    else this.#socket.resume();
  }

  #next(): Uint8Array | undefined {
    let message: Uint8Array | undefined;
    try {
      message = this.#reader.take();
    } catch (error) {
      this.cut();
      throw error;
    }
    if (message === undefined && this.#ended) throw this.#atEnd();
    this.#flow();
    return message;
  }

  #atEnd(): Error {
    const torn = this.#reader.cut();
    const isLost = this.#lost;
    this.#lost = false;
    if (torn !== undefined) return cutOff(torn.arrived, torn.expected);
    if (!isLost) return endOfPipe();
    return new EOFError("The connection broke while messages were waiting to be read: those that had not come yet are lost.", {
      fields: { bytesArrived: 0, bytesExpected: 0 },
    });
  }

  async #write(bytes: Uint8Array, wait: Wait): Promise<void> {
    const { done } = await this.#sends.make({ wait, tooLate: notRead, look: () => this.#begin(bytes) });
    await done;
  }

  #begin(bytes: Uint8Array): Written | undefined {
    if (this.#ended || !this.#socket.writable) throw noReader();
    if (this.#blocked) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#unwritten.add(reject);
    const written = (): void => {
      if (this.#unwritten.delete(reject)) resolve();
    };
    const pieces = frame(bytes);
    this.#pieces = pieces.map((piece, i) => (i === pieces.length - 1 ? { bytes: piece, written } : { bytes: piece }));
    this.#pump();
    return { done: promise };
  }

  #pump(): void {
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      const { bytes, written } = piece;
      this.#blocked = !this.#socket.write(bytes, (error) => {
        if (error === undefined || error === null) written?.();
      });
      if (this.#blocked) return;
    }
  }

  #drained(): void {
    this.#blocked = false;
    this.#pump();
    if (!this.#blocked) this.#sends.retry();
  }

  async #sent(): Promise<void> {
    while (this.#unsent.size > 0) await Promise.allSettled(this.#unsent);
  }

  #end(): void {
    this.#ended = true;
    this.#pieces = [];
    for (const reject of this.#unwritten) reject(noReader());
    this.#unwritten.clear();
    this.#recvs.retry();
    this.#sends.retry();
  }
}

/** What the blocking calls do here. */
export function noBlocking(call: string): never {
  throw new UnsupportedError(`Remote connections and listeners have no blocking calls: await ${call}() instead of ${call}Sync().`);
}
