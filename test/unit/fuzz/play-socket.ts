import { EventEmitter } from "node:events";
import type { Socket } from "node:net";

/** A socket without a system behind it: what is written is kept, and what comes is handed over, but for while it is paused. */
export class PlaySocket extends EventEmitter {
  readonly written: Uint8Array[] = [];
  writable = true;
  readonly #slow: boolean;
  #held: Uint8Array[] = [];
  #paused = false;
  #ending = false;

  /** @param slow each write is more than it takes at once */
  constructor(slow: boolean) {
    super();
    this.#slow = slow;
  }

  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  /** Bytes from the other side. */
  arrive(bytes: Uint8Array): void {
    this.#held.push(bytes);
    this.#flow();
  }

  /** The other side is gone: after its last byte, or (`reset`) with what was not read yet. */
  hangUp(reset: boolean): void {
    if (reset) {
      this.#held = [];
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
    this.#held = [];
    queueMicrotask(() => this.emit("close"));
  }

  unref(): void {}
  setNoDelay(): void {}
  setKeepAlive(): void {}

  #flow(): void {
    while (!this.#paused && this.writable) {
      const bytes = this.#held.shift();
      if (bytes === undefined) break;
      this.emit("data", bytes);
    }
    if (this.#ending && this.#held.length === 0 && this.writable) this.emit("end");
  }
}
