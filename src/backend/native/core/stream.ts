import { Attempts } from "../../../util/attempts.ts";
import type { Realm } from "./handle.ts";
import { Readiness } from "./inbox.ts";

const EAGAIN = -11;
const CHUNK = 1 << 16;

export interface StreamEvents {
  data(chunk: Uint8Array): void;
  /** Called once. */
  end(): void;
}

/** Bytes in both directions over a descriptor of this process. */
export class Stream {
  readonly #realm: Realm;
  readonly #fd: number;
  readonly #events: StreamEvents;
  readonly #reading: Readiness;
  readonly #writing: Readiness;
  readonly #writes: Attempts;
  #ended = false;
  #closed = false;

  constructor(realm: Realm, fd: number, events: StreamEvents) {
    this.#realm = realm;
    this.#fd = fd;
    this.#events = events;
    this.#reading = new Readiness(realm.inbox, fd, "read", () => this.read());
    this.#writing = new Readiness(realm.inbox, fd, "write", () => this.#writes.retry());
    this.#writes = new Attempts(() => this.#writing.arm());
    this.#wait();
  }

  /** Hands out what is there, and waits for more. */
  read(): void {
    const buffer = new Uint8Array(CHUNK);
    for (let parts = 0; !this.#ended && !this.#closed; parts++) {
      // Others want their turn of the event loop too.
      const count = parts === 16 ? EAGAIN : this.#realm.inbox.shim.pp_read(this.#fd, buffer, 0, buffer.length, 0);
      if (count === EAGAIN) return this.#wait();
      if (count > 0) this.#events.data(buffer.slice(0, count));
      else this.#end();
    }
  }

  /** Resolves once all of it is in the kernel, or nobody is left to read it. */
  write(bytes: Uint8Array): Promise<unknown> {
    let out = 0;
    const look = (): true | undefined => {
      while (out < bytes.length && !this.#closed) {
        const count = this.#realm.inbox.shim.pp_write(this.#fd, bytes, out, bytes.length - out, 0);
        if (count === EAGAIN) return undefined;
        // Nobody will read it any more, or nothing can be sent: for the other side it is the end either way.
        if (count < 0) this.#fail();
        else out += count;
      }
      return true;
    };
    if (this.#writes.size === 0 && look() === true) return Promise.resolve();
    return this.#writes.make({ wait: { timeout: Number.POSITIVE_INFINITY, signal: undefined }, tooLate: () => new Error(), look });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reading.close();
    this.#writing.close();
    this.#writes.retry();
    this.#realm.inbox.shim.pp_close(this.#fd);
  }

  #wait(): void {
    try {
      this.#reading.arm();
    } catch {
      // Not at once: whoever makes the stream has not got it yet.
      queueMicrotask(() => this.#fail());
    }
  }

  #fail(): void {
    this.close();
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.end();
  }
}
