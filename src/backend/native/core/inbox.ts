import { runtime } from "../../../runtime/current.ts";
import type { Tree } from "../../../tree/tree.ts";
import type { Shim } from "../library/functions.ts";
import { check, text } from "../library/result.ts";

const BATCH = 128;

/**
 * Receives the events for this thread, and passes each to its handler. The helper threads of the native library post some, and for changes in
 * shared memory other processes ring its bell.
 */
export class Inbox {
  readonly shim: Shim;
  readonly id: number;
  readonly #handlers = new Map<number, (value: number) => void>();
  readonly #events = new Int32Array(2 * BATCH);
  #next = 1;

  constructor(shim: Shim, tree: Tree) {
    this.shim = shim;
    const fd = new Int32Array(1);
    const bell = text(tree.addressOf("bell"));
    this.id = check(shim.pp_inbox_open(bell, runtime.watchesPipes ? 1 : 0, fd), "The native backend could not start");
    const [socket = -1] = fd;
    if (runtime.leavesSockets) shim.pp_own(this.id, socket);
    runtime.watchSocket(shim, socket, () => this.pump());
  }

  /** Reserves a number for events. The handler gets their values. */
  add(handler: (value: number) => void): number {
    const id = this.#next;
    this.#next = this.#next === 0x7fffffff ? 1 : this.#next + 1;
    this.#handlers.set(id, handler);
    return id;
  }

  remove(id: number): void {
    this.#handlers.delete(id);
  }

  /** Passes on the events that have come. */
  pump(): void {
    for (let count = BATCH; count === BATCH; ) {
      count = this.shim.pp_inbox_take(this.id, this.#events, BATCH);
      const events = this.#events.slice(0, 2 * Math.max(0, count));
      for (let i = 0; i < events.length; i += 2) this.handle(events[i] ?? 0, events[i + 1]);
    }
  }

  /** Passes one event on. */
  handle(id: number, value = 0): void {
    this.#handlers.get(id)?.(value);
  }

  /** Blocks this thread until an event comes, at most `ms` milliseconds, and passes the event on. */
  pumpSync(ms: number): void {
    this.shim.pp_inbox_wait(this.id, Math.trunc(ms));
    this.pump();
  }
}
