import { runtime } from "../../../runtime/current.ts";
import { check, type Shim } from "../library/shim.ts";

const BATCH = 128;

/** What the shim's helper threads tell this thread, each to who waits for it. */
export class Inbox {
  readonly shim: Shim;
  readonly id: number;
  readonly #handlers = new Map<number, (value: number) => void>();
  readonly #events = new Int32Array(2 * BATCH);
  #next = 1;

  constructor(shim: Shim) {
    this.shim = shim;
    const fd = new Int32Array(1);
    this.id = check(shim.pp_inbox_open(fd), "The native backend could not start");
    runtime.watchSocket(shim, fd[0] ?? -1, () => this.pump());
  }

  /** A number for events, and who hears them. */
  add(handler: (value: number) => void): number {
    const id = this.#next;
    this.#next = this.#next === 0x7fffffff ? 1 : this.#next + 1;
    this.#handlers.set(id, handler);
    return id;
  }

  remove(id: number): void {
    this.#handlers.delete(id);
  }

  /** Hands out what has come. */
  pump(): void {
    for (let count = BATCH; count === BATCH; ) {
      count = this.shim.pp_inbox_take(this.id, this.#events, BATCH);
      const events = this.#events.slice(0, 2 * Math.max(0, count));
      for (let i = 0; i < events.length; i += 2) this.#handlers.get(events[i] ?? 0)?.(events[i + 1] ?? 0);
    }
  }

  /** Blocks this thread until something came, `ms` at most, and hands it out. */
  pumpSync(ms: number): void {
    this.shim.pp_inbox_wait(this.id, Math.trunc(ms));
    this.pump();
  }
}

/** One direction of a descriptor, watched: calls `ready` once after each `arm`. */
export class Readiness {
  readonly #inbox: Inbox;
  readonly #fd: number;
  readonly #write: boolean;
  readonly #id: number;
  #armed = false;

  constructor(inbox: Inbox, fd: number, direction: "read" | "write", ready: () => void) {
    this.#inbox = inbox;
    this.#fd = fd;
    this.#write = direction === "write";
    this.#id = inbox.add(() => {
      this.#armed = false;
      ready();
    });
  }

  arm(): void {
    if (this.#armed) return;
    check(this.#inbox.shim.pp_watch_fd(this.#inbox.id, this.#id, this.#fd, this.#write ? 1 : 0), "A descriptor can't be watched");
    this.#armed = true;
  }

  close(): void {
    this.#inbox.remove(this.#id);
  }
}
