import type { Socket } from "node:net";
import type { ConnectionPort } from "../backend/contract/connection.ts";
import { type Incoming, type Message, NO_REFS } from "../backend/contract/message.ts";
import type { Port } from "../backend/contract/port.ts";
import { MAX_MESSAGE } from "../codec/tags.ts";
import { EOFError, UnsupportedError } from "../errors/errors.ts";
import { closedMeanwhile, cutOff, endOfPipe } from "../errors/messages.ts";
import { Attempts } from "../util/attempts.ts";
import { copyOf, type KeptBytes } from "../util/bytes.ts";
import { after } from "../util/deadline.ts";
import { FOREVER, type Wait } from "../util/wait-options.ts";
import { MAX_GREETING, type Peer } from "./handshake.ts";
import { MessageReader } from "./message-reader.ts";
import { Sender } from "./sender.ts";

// A closed connection still reads for this number of milliseconds after its last byte, and drops the bytes. If it closed with unread bytes,
// the kernel would drop bytes that the connection has sent.
const LINGER = 1_000;
// After this number of milliseconds without data, the kernel checks whether the other host still exists.
const KEEP_ALIVE = 30_000;

const nothing = (): void => {};

/** A connection to a process outside of this tree, over a socket. */
export class RemotePort implements ConnectionPort {
  readonly readable = true;
  readonly writable = true;
  readonly foreign = true;
  readonly attached: Promise<void> = Promise.resolve();
  /** Resolves when the socket is gone. */
  readonly gone: Promise<void>;
  readonly #socket: Socket;
  readonly #reader = new MessageReader(MAX_GREETING);
  readonly #sender: Sender;
  readonly #reads = new Attempts(nothing);
  #opened = false;
  #paused = false;
  #ended = false;
  // Whether the socket failed while it was paused. Messages that were never read may be lost then.
  #lost = false;
  #released = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#sender = new Sender(socket);
    socket.unref();
    socket.setNoDelay(true);
    // Chunks are Buffers on Node. `slice` of a Buffer does not copy, and users must get plain arrays.
    socket.on("data", (chunk: Uint8Array) => this.#take(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
    // Peers never shut down only one direction. So a peer that has ended its side does not read any more either.
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

  /** The connection as the handshake uses it, before `open`. */
  get handshake(): Peer {
    return {
      send: async (bytes) => void (await this.#sender.send(copyOf(bytes), FOREVER)),
      recv: async () => (await this.#read(FOREVER)) as KeptBytes,
    };
  }

  /** Accepts messages of any length from now on. Called once the other side has proved that it knows the key. */
  open(): void {
    this.#opened = true;
    this.#socket.setKeepAlive(true, KEEP_ALIVE);
    this.#reader.limit = MAX_MESSAGE;
    this.#pauseOrResume();
  }

  /** Closes the connection at once, and drops all messages that are under way. */
  cut(): void {
    this.#socket.destroy();
  }

  again(): Port {
    return { attached: this.attached, share: () => this.share(), again: () => this.again(), release: nothing };
  }

  share(): never {
    throw new UnsupportedError(
      "A connection of a Listener or Client can't travel: let the other process connect with a Client of its own.",
    );
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.withdraw(() => closedMeanwhile("connection"));
    if (this.#ended) return;
    void this.#sender.sent().then(() => {
      this.#socket.resume();
      this.#socket.end();
      after(LINGER, () => this.cut());
    });
  }

  withdraw(reason: () => Error): void {
    this.#reads.withdraw(reason);
  }

  async send(message: Message, wait: Wait): Promise<boolean> {
    this.#checkOpen();
    if (message.refs.length > 0)
      throw new UnsupportedError("Queues, connections and the like can't travel to a process outside of this tree: send plain values.");
    return this.#sender.send(copyOf(message.bytes), wait);
  }

  async recv(wait: Wait): Promise<Incoming | undefined> {
    const bytes = await this.#read(wait);
    return bytes === undefined ? undefined : { message: { bytes, refs: NO_REFS }, settle: nothing, lent: false };
  }

  async poll(wait: Wait): Promise<boolean> {
    this.#checkOpen();
    const look = (): true | undefined => (this.#reader.isReady || this.#ended ? true : undefined);
    return (await this.#reads.make({ wait, look })) === true;
  }

  #checkOpen(): void {
    if (this.#released) throw closedMeanwhile("connection");
  }

  // A handshake does not keep the event loop alive. The listener or client that runs it decides that.
  async #read(wait: Wait): Promise<KeptBytes | undefined> {
    this.#checkOpen();
    return this.#reads.make({ wait, look: () => this.#next() }, this.#opened ? "always" : "never");
  }

  #take(chunk: Uint8Array): void {
    if (this.#released) return;
    try {
      this.#reader.push(chunk);
    } catch {
      // There is no memory for the rest of the message. The reads of this connection say that the message was cut off.
      this.cut();
      return;
    }
    this.#reads.retry();
    this.#pauseOrResume();
  }

  // Stops reading while enough bytes wait to be taken, so that messages which the program does not take can't fill the memory.
  #pauseOrResume(): void {
    const pause = this.#reader.isFull && !this.#released;
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) this.#socket.pause();
    else this.#socket.resume();
  }

  #next(): KeptBytes | undefined {
    let message: KeptBytes | undefined;
    try {
      message = this.#reader.take();
    } catch (error) {
      this.cut();
      throw error;
    }
    if (message === undefined && this.#ended) throw this.#endError();
    this.#pauseOrResume();
    return message;
  }

  #endError(): Error {
    const torn = this.#reader.dropTorn();
    const isLost = this.#lost;
    this.#lost = false;
    if (torn !== undefined) return cutOff(torn.arrived, torn.expected);
    if (!isLost) return endOfPipe();
    return new EOFError("The connection broke while messages were waiting to be read: those that had not come yet are lost.", {
      fields: { bytesArrived: 0, bytesExpected: 0 },
    });
  }

  #end(): void {
    this.#ended = true;
    this.#sender.end();
    this.#reads.retry();
  }
}
