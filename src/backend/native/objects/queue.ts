import { seal } from "../../../codec/envelope.ts";
import { CorruptedError, ProcessError } from "../../../errors/errors.ts";
import { notAllDone, queueEmpty, queueFull, shutDown, takenDied, tooManyDone } from "../../../errors/messages.ts";
import { Attempts, blocking } from "../../../util/attempts.ts";
import { orLate, type Wait } from "../../../util/timing.ts";
import type { Incoming, Message, PortKind, QueuePort, QueueStats } from "../../contract/backend.ts";
import { Handle, NativePort, type Realm } from "../core/handle.ts";
import type { Travelling } from "../core/keeper.ts";
import { check, type Shim } from "../library/shim.ts";

const EAGAIN = -11;
const ENOMEM = -12;
const EBUSY = -16;
const EINVAL = -22;
const ENOSPC = -28;
const EBADMSG = -74;
const EMSGSIZE = -90;
const ESHUTDOWN = -108;

/** What a queue can be waited for, as in polyproc.h. */
const What = { items: 0, room: 1, done: 2, getLock: 3, putLock: 4 } as const;
const STATS = ["size", "puts", "gets", "lost", "redelivered", "participants", "maxsize"] as const;
const FIRST_ROOM = 1 << 16;
/** Who does not wait for room or items waits so long for the lock: milliseconds. */
const LOCK_MS = 1000;
/** How often a lock that another process holds is tried before that is an error: each try waits up to 100 ms. */
const TRIES = 100;

/** A queue in shared memory as this process holds it. */
export class QueueHandle extends Handle {
  readonly gets: Attempts;
  readonly puts: Attempts;
  readonly joins: Attempts;
  #buffer = new Uint8Array(FIRST_ROOM);
  // The lock that another process held at the last look, if that is what a wait is for.
  #busy: number | undefined;

  constructor(realm: Realm, index: number, identity: string, home: string | undefined) {
    super(realm, index, identity, home);
    this.gets = this.#attempts(What.items);
    this.puts = this.#attempts(What.room);
    this.joins = this.#attempts(What.done);
  }

  get shim(): Shim {
    return this.realm.inbox.shim;
  }

  protected override close(): void {
    this.shim.pp_queue_close(this.index);
  }

  /** Whether the last look found the lock taken, and so nothing out. */
  get isBusy(): boolean {
    return this.#busy !== undefined;
  }

  /** Puts it: true, or undefined while it is full. */
  put(bytes: Uint8Array, ms = 0): true | undefined {
    this.#busy = undefined;
    return this.#done(this.shim.pp_queue_put(this.index, bytes, bytes.length, ms), What.putLock);
  }

  /** The first item's bytes, lent until the next call, or undefined while there is none. */
  get(ms = 0): Uint8Array | undefined {
    this.#busy = undefined;
    let buffer = this.#buffer;
    let length = this.shim.pp_queue_get(this.index, buffer, buffer.length, ms);
    while (length === EMSGSIZE) {
      buffer = new Uint8Array(this.shim.pp_queue_needed(this.index));
      length = this.shim.pp_queue_get(this.index, buffer, buffer.length, 0);
    }
    if (length >= 0) return buffer.subarray(0, length);
    return this.#done(length, What.getLock) as undefined;
  }

  poll(): true | undefined {
    return check(this.shim.pp_queue_poll(this.index), "The queue can't be looked at") === 1 ? true : undefined;
  }

  /** True when every item is done. */
  joined(fresh: boolean): true | undefined {
    const status = this.shim.pp_queue_join(this.index, fresh ? 1 : 0);
    if (status > 0) throw takenDied(status);
    return this.#done(status, What.getLock);
  }

  taskDone(): void {
    let status = EBUSY;
    for (let tries = 0; status === EBUSY && tries < TRIES; tries++) status = this.shim.pp_queue_task_done(this.index);
    if (status === EINVAL) throw tooManyDone();
    this.#done(status, What.getLock);
  }

  shutdown(immediate: boolean): void {
    let status = EBUSY;
    for (let tries = 0; status === EBUSY && tries < TRIES; tries++) status = this.shim.pp_queue_shutdown(this.index, immediate ? 1 : 0);
    this.#done(status, What.putLock);
  }

  /** Gives back what the dead had taken; a queue that can't be read tells whoever uses it. */
  override sweep(): void {
    this.shim.pp_queue_stats(this.index, new BigUint64Array(10));
  }

  stats(): QueueStats & { readonly maxsize: number } {
    const numbers = new BigUint64Array(10);
    const status = this.shim.pp_queue_stats(this.index, numbers);
    if (status < 0) this.#done(status, What.getLock);
    return Object.fromEntries(STATS.map((name, i) => [name, Number(numbers[i])])) as unknown as QueueStats & { maxsize: number };
  }

  waitForDone(ms: number): void {
    if (ms > 0) this.shim.pp_queue_wait(this.index, What.done, ms);
  }

  #attempts(what: number): Attempts {
    const ready = (): void => {
      // What woke this process and is of no use to it may be what another one waits for.
      if (attempts.size === 0) this.shim.pp_queue_pass(this.index, what);
      attempts.retry();
    };
    const id = this.hear(ready);
    const attempts: Attempts = new Attempts(() => {
      const busy = this.#busy;
      this.#busy = undefined;
      check(this.shim.pp_queue_watch(this.index, id, busy ?? what), "The queue can't be waited for");
    });
    return attempts;
  }

  #done(status: number, lock: number): true | undefined {
    if (status >= 0) return true;
    if (status === EBUSY) this.#busy = lock;
    if (status === EAGAIN || status === EBUSY) return undefined;
    if (status === ESHUTDOWN) throw shutDown();
    if (status === EBADMSG)
      throw new CorruptedError(
        "The queue's shared memory makes no sense any more: a process of the tree has written where it must not. Make a new queue.",
      );
    if (status === ENOSPC || status === ENOMEM)
      throw new ProcessError(
        "There is no memory left for this item: it was not put. Take items out first, or bound the queue with maxsize.",
        {
          fields: { errno: status },
        },
      );
    check(status, "The queue failed");
    return undefined;
  }
}

/** One object's hold on a queue. */
export class NativeQueue extends NativePort implements QueuePort {
  readonly #handle: QueueHandle;
  readonly #kind: PortKind;

  constructor(handle: QueueHandle, kind: PortKind) {
    super(handle.realm, "queue");
    this.#handle = handle;
    this.#kind = kind;
    handle.use();
  }

  protected override travelling(): Travelling {
    const { index, identity, home, shim } = this.#handle;
    return { kind: this.#kind, fd: shim.pp_queue_fd(index), home, fields: { identity } };
  }

  protected override free(): void {
    this.#handle.drop();
  }

  override letGo(): void {
    super.letGo();
    this.#handle.puts.letGo();
  }

  putNow(message: Message): boolean {
    return this.#handle.puts.size === 0 && this.#handle.put(seal(message)) === true;
  }

  getNow(): Incoming | undefined {
    const bytes = this.#handle.gets.size === 0 ? this.#handle.get() : undefined;
    return bytes === undefined ? undefined : incoming(bytes);
  }

  put(message: Message, wait: Wait): Promise<void> {
    if (this.putNow(message)) return Promise.resolve();
    const bytes = seal(message).slice();
    const ask = this.#question(wait, queueFull, () => this.#handle.put(bytes));
    return this.sending(this.#handle.puts.make({ ...ask, tooLate: queueFull }, this.holds).then(() => {}));
  }

  putSync(message: Message, wait: Wait): void {
    const bytes = seal(message);
    const ask = this.#question(wait, queueFull, (ms) => this.#handle.put(bytes, ms));
    blocking(ask.wait, ask.look, queueFull);
  }

  async get(wait: Wait): Promise<Incoming> {
    const ask = this.#question(wait, queueEmpty, () => this.#handle.get()?.slice());
    return incoming(await this.waitFor(this.#handle.gets, ask.wait, queueEmpty, ask.look, ask.once));
  }

  getSync(wait: Wait): Incoming {
    const ask = this.#question(wait, queueEmpty, (ms) => this.#handle.get(ms));
    return incoming(blocking(ask.wait, ask.look, queueEmpty));
  }

  async poll(wait: Wait): Promise<boolean> {
    if (this.#handle.poll() === true) return true;
    return orLate(false, (tooLate) => this.waitFor(this.#handle.gets, wait, tooLate, () => this.#polled()));
  }

  pollNow(): boolean {
    return this.#handle.poll() === true;
  }

  async stats(): Promise<QueueStats & { readonly maxsize: number }> {
    return this.#handle.stats();
  }

  async taskDone(): Promise<void> {
    this.#handle.taskDone();
  }

  async join(wait: Wait): Promise<void> {
    if (this.#handle.joined(this.#handle.joins.size === 0) === true) return;
    await this.waitFor(this.#handle.joins, wait, notAllDone, () => this.#handle.joined(false));
  }

  joinSync(wait: Wait): void {
    let fresh = true;
    const look = (ms: number): true | undefined => {
      if (!fresh) this.#handle.waitForDone(ms);
      const answer = this.#handle.joined(fresh);
      fresh = false;
      return answer;
    };
    blocking(wait, look, notAllDone);
  }

  async shutdown(immediate: boolean): Promise<void> {
    this.#handle.shutdown(immediate);
  }

  // Who waits for nothing still needs an answer: while another process has the lock there is none.
  #question<T>(wait: Wait, refused: () => Error, look: (ms?: number) => T | undefined): { wait: Wait; look: typeof look; once: boolean } {
    if (wait.timeout !== 0) return { wait, look, once: false };
    const ask = (): T | undefined => {
      const answer = look();
      if (answer === undefined && !this.#handle.isBusy) throw refused();
      return answer;
    };
    return { wait: { ...wait, timeout: LOCK_MS }, look: ask, once: true };
  }

  // Looking took nothing: the wake-up goes on to who may take it.
  #polled(): true | undefined {
    const ready = this.#handle.poll();
    if (ready === true) this.#handle.shim.pp_queue_pass(this.#handle.index, What.items);
    return ready;
  }
}

const NO_REFS: Message["refs"] = [];
const settled = (): void => {};

function incoming(bytes: Uint8Array): Incoming {
  return { message: { bytes, refs: NO_REFS }, settle: settled };
}
