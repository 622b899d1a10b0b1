import { EventEmitter } from "node:events";
import type { Socket } from "node:net";

/** A `net.Socket` without a kernel: it keeps what is written, and emits the bytes that a test lets arrive unless it is paused. */
export class FakeSocket extends EventEmitter {
  readonly written: Uint8Array[] = [];
  writable = true;
  readonly #slow: boolean;
  #unread: Uint8Array[] = [];
  #paused = false;
  #ending = false;

  /** @param slow each write fills the buffer, so `write` returns false and "drain" follows */
  constructor(slow: boolean) {
    super();
    this.#slow = slow;
  }

  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  /** Lets bytes of the other side arrive. */
  arrive(bytes: Uint8Array): void {
    this.#unread.push(bytes);
    this.#flow();
  }

  /** Ends the other side: after its last byte, or with `reset` at once, so that unread bytes are lost. */
  hangUp(reset: boolean): void {
    if (reset) {
      this.#unread = [];
      this.emit("error", new Error("ECONNRESET"));
      this.destroy();
    } else {
      this.#ending = true;
      this.#flow();
    }
  }

  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean {
    this.written.push(bytes.slice());
    queueMicrotask(() => done(null));
    if (!this.#slow) return true;
    setImmediate(() => this.writable && this.emit("drain"));
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    queueMicrotask(() => this.#flow());
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (!this.writable) return;
    this.writable = false;
    this.#unread = [];
    queueMicrotask(() => this.emit("close"));
  }

  unref(): void {}
  setNoDelay(): void {}
  setKeepAlive(): void {}

  #flow(): void {
    while (!this.#paused && this.writable) {
      const bytes = this.#unread.shift();
      if (bytes === undefined) break;
      this.emit("data", bytes);
    }
    if (this.#ending && this.#unread.length === 0 && this.writable) this.emit("end");
  }
}
