import type { Socket } from "node:net";
import { partlySent } from "../backend/contract/undecided.ts";
import { BrokenPipeError } from "../errors/errors.ts";
import { noReader } from "../errors/messages.ts";
import { allSettled } from "../util/all-settled.ts";
import { Attempts } from "../util/attempts.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import { timeLeft, type Wait } from "../util/wait-options.ts";
import { LATE, within } from "../util/within.ts";
import { frameMessage } from "./framing.ts";

/** A message that was passed to the socket. `done` settles once the whole message was sent, or the socket is gone. */
interface Begun {
  readonly done: Promise<void>;
}

interface Piece {
  readonly bytes: Uint8Array;
  /** Called when the last piece of a message was sent. */
  readonly written?: () => void;
}

/** The sending side of a connection. It sends one message after the other. A message waits while the socket is full. */
export class Sender {
  readonly #socket: Socket;
  readonly #waiting = new Attempts(() => {});
  readonly #unsent = new Set<Promise<unknown>>();
  // Functions that reject the messages which were begun and not sent completely yet.
  readonly #unwritten = new Set<(error: Error) => void>();
  // The rest of the message that was begun last.
  #pieces: Piece[] = [];
  #blocked = false;
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("drain", () => this.#drained());
  }

  /**
   * Sends a message. False if the socket was full until the time ran out; nothing of this message was sent then. Rejects with
   * {@link partlySent} if a part was sent.
   */
  send(bytes: Uint8Array, wait: Wait): Promise<boolean> {
    const sending = this.#send(bytes, wait);
    this.#track(sending);
    return sending;
  }

  /** Resolves when each call of `send` has ended. */
  async sent(): Promise<void> {
    await allSettled(this.#unsent);
  }

  /** Called when the socket is gone. The messages that were not sent completely reject. */
  end(): void {
    this.#ended = true;
    this.#pieces = [];
    for (const reject of this.#unwritten) reject(noReader());
    this.#unwritten.clear();
    this.#waiting.retry();
  }

  async #send(bytes: Uint8Array, wait: Wait): Promise<boolean> {
    const left = timeLeft(wait);
    const begun = await this.#waiting.make({ wait, look: () => this.#begin(bytes) });
    if (begun === undefined) return false;
    const { done } = begun;
    let reason: unknown;
    try {
      if ((await within(done, left())) !== LATE) return true;
    } catch (error) {
      if (error instanceof BrokenPipeError) throw error;
      reason = error;
    }
    // The other end knows the length of the message, so the rest follows, although the caller has given up.
    this.#track(done);
    throw partlySent(
      done.then(() => true),
      reason,
    );
  }

  #track(promise: Promise<unknown>): void {
    this.#unsent.add(promise);
    const letGo = holdEventLoop();
    const end = (): void => {
      letGo();
      this.#unsent.delete(promise);
    };
    promise.then(end, end);
  }

  #begin(bytes: Uint8Array): Begun | undefined {
    if (this.#ended || !this.#socket.writable) throw noReader();
    if (this.#blocked) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#unwritten.add(reject);
    const written = (): void => {
      if (this.#unwritten.delete(reject)) resolve();
    };
    const pieces = frameMessage(bytes);
    this.#pieces = pieces.map((piece, i) => (i === pieces.length - 1 ? { bytes: piece, written } : { bytes: piece }));
    this.#write();
    return { done: promise };
  }

  #write(): void {
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
    this.#write();
    if (!this.#blocked) this.#waiting.retry();
  }
}
