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
  readonly #tree: Tree;
  #next = 1;
  #hasBell = false;
  #hasPoller = false;

  constructor(shim: Shim, tree: Tree) {
    this.shim = shim;
    this.#tree = tree;
    const fd = new Int32Array(1);
    this.id = check(shim.pp_inbox_open(fd), "The native backend could not start");
    const [socket = -1] = fd;
    this.#watch(socket);
  }

  /**
   * Returns this inbox, and gives it a bell if it has none. Without one, as in a worker thread and where there is no folder for it, the helper
   * threads of this process wait for changes.
   */
  withBell(): this {
    if (this.#hasBell) return this;
    this.#hasBell = true;
    const fd = new Int32Array(1);
    try {
      if (this.shim.pp_thread_is_main() !== 1) return this;
      const path = text(this.#tree.addressOf("bell"));
      if (this.shim.pp_inbox_make_bell(this.id, path, runtime.watchesPipes ? 1 : 0, fd) === 0) this.#watch(fd[0] ?? -1);
    } catch {
      // There is no folder for temporary files.
    }
    return this;
  }

  /** Returns this inbox, and gives it a poller if its event loop can have one. Without one, a helper thread watches descriptors. */
  withPoller(): this {
    if (this.#hasPoller) return this;
    this.#hasPoller = true;
    const fd = new Int32Array(1);
    if (runtime.watchesPollers(this.shim) && this.shim.pp_inbox_make_poller(this.id, fd) === 0) this.#watch(fd[0] ?? -1);
    return this;
  }

  #watch(fd: number): void {
    if (runtime.leavesSockets) this.shim.pp_own(this.id, fd);
    runtime.watchSocket(this.shim, fd, () => this.pump());
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
