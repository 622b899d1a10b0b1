import { Attempts } from "../../../util/attempts.ts";
import { soon } from "../../../util/clock.ts";
import { FOREVER } from "../../../util/wait-options.ts";
import { EAGAIN } from "../library/errno.ts";
import type { NativeThread } from "./native-thread.ts";
import { Readiness } from "./readiness.ts";

const CHUNK = 1 << 16;
// After this many chunks the reader waits for the next turn of the event loop, so that other work gets its turn.
const MOST_CHUNKS = 16;

export interface StreamEvents {
  data(chunk: Uint8Array): void;
  /** Called once, when the other side has closed the stream or the stream is broken. */
  end(): void;
}

/** Bytes in both directions over a descriptor of this process. */
export class Stream {
  readonly #thread: NativeThread;
  readonly #fd: number;
  readonly #events: StreamEvents;
  readonly #reading: Readiness;
  readonly #writing: Readiness;
  readonly #writes: Attempts;
  #ended = false;
  #closed = false;

  constructor(thread: NativeThread, fd: number, events: StreamEvents) {
    this.#thread = thread;
    this.#fd = fd;
    thread.inbox.shim.pp_own(thread.inbox.id, fd);
    this.#events = events;
    this.#reading = new Readiness(thread.inbox, fd, "read", () => this.read());
    this.#writing = new Readiness(thread.inbox, fd, "write", () => this.#writes.retry());
    this.#writes = new Attempts(() => this.#writing.arm());
    this.#awaitData();
  }

  /** Passes on the bytes that are there, and waits for more. */
  read(): void {
    const buffer = new Uint8Array(CHUNK);
    for (let chunks = 0; !this.#ended && !this.#closed; chunks++) {
      const count = chunks === MOST_CHUNKS ? EAGAIN : this.#thread.inbox.shim.pp_read(this.#fd, buffer, 0, buffer.length, 0);
      if (count === EAGAIN) return this.#awaitData();
      if (count > 0) this.#events.data(buffer.slice(0, count));
      else this.#end();
    }
  }

  /** Writes the bytes. Resolves once all of them are in the kernel, or the other side is gone. */
  write(bytes: Uint8Array): Promise<unknown> {
    let written = 0;
    const look = (): true | undefined => {
      while (written < bytes.length && !this.#closed) {
        const count = this.#thread.inbox.shim.pp_write(this.#fd, bytes, written, bytes.length - written, 0);
        if (count === EAGAIN) return undefined;
        // Either no process reads any more, or the descriptor is broken. Both count as the end of the stream.
        if (count < 0) this.#fail();
        else written += count;
      }
      return true;
    };
    if (this.#writes.size === 0 && look() === true) return Promise.resolve();
    return this.#writes.make({ wait: FOREVER, look });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reading.close();
    this.#writing.close();
    this.#writes.retry();
    this.#thread.inbox.shim.pp_close(this.#fd);
  }

  #awaitData(): void {
    try {
      this.#reading.arm();
    } catch {
      // The constructor calls this method too. The delay makes sure that its caller has the stream before `end` is called.
      soon(() => this.#fail());
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
