import { hasRefs } from "../../../codec/envelope.ts";
import { MOST_MESSAGES } from "../../../codec/message-list.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { takenBefore, takenDied, taskEnded, tooManyDone } from "../../../errors/messages.ts";
import { tellLostItems, tellRedelivered } from "../../../observe/queues.ts";
import { Attempts } from "../../../util/attempts.ts";
import { MOST_REUSED } from "../../../util/bytes.ts";
import { Prefixes } from "../../../util/prefixes.ts";
import type { MakeOptions } from "../../contract/backend.ts";
import type { QueueSettings, QueueStats, Stored } from "../../contract/queue.ts";
import type { Ref } from "../../contract/ref.ts";
import { Fetching, refsIn } from "../core/fetching.ts";
import { Handle, type Origin } from "../core/handle.ts";
import { locationsOf } from "../core/location.ts";
import type { NativeThread } from "../core/native-thread.ts";
import { EAGAIN, EBUSY, EINVAL, EMSGSIZE, ENOMEM, EPROTO } from "../library/errno.ts";
import { check, insistLater } from "../library/result.ts";
import { trimNoMore, trimWhenIdle } from "./idle-queues.ts";
import { checkStatus } from "./queue-status.ts";

/** The changes of a queue that a call can wait for, as in polyproc.h. */
const Until = { items: 0, room: 1, done: 2, getLock: 3, putLock: 4 } as const;
const STATS = ["size", "puts", "gets", "lost", "redelivered", "participants", "maxsize"] as const;
const STATS_LENGTH = 10;
/** A number of milliseconds that makes a `get` look once. */
export const AT_ONCE = -1;
// A program may have thousands of queues, so a buffer is small until it turns out to be too small.
const FIRST_BUFFER = 1 << 10;
const LARGEST_FOR_LISTS = 1 << 16;

/** An item that was taken. */
interface TakenItem {
  readonly bytes: Uint8Array;
  /** Its position in the ring, if the ring keeps it. */
  readonly at: bigint | undefined;
}

/** A queue that this process has open. */
export class QueueHandle extends Handle {
  readonly gets: Attempts;
  readonly puts: Attempts;
  readonly joins: Attempts;
  #prefixes: Prefixes<Uint8Array<ArrayBuffer>> | undefined;
  // The lock that the last call needed and another process had, as a member of `Until`.
  #busyLock: number | undefined;
  // An item that was taken, and whose shared objects are still on their way. It goes to the next get.
  #arriving: (TakenItem & { readonly fetching: Fetching }) | undefined;
  // Items of a list behind one that could not be received. They go to the next gets.
  readonly #rest: Uint8Array[] = [];
  readonly #room = new Int32Array(1);
  // How many items were lost and redelivered when the observers were told last. Only the process that has made the queue tells them.
  #told: { readonly lost: number; readonly redelivered: number } | undefined;
  // The name that the program gave it.
  #name: string | undefined;
  // Whether the queue was used since it was idle.
  #isUsed = false;

  constructor(thread: NativeThread, index: number, origin: Origin) {
    super(thread, index, origin);
    this.gets = this.#attempts(Until.items);
    this.puts = this.#attempts(Until.room);
    this.joins = this.#attempts(Until.done);
  }

  static make(thread: NativeThread, origin: Origin, settings: QueueSettings, { name }: MakeOptions = {}): QueueHandle {
    const { maxsize, redeliver, isInternal } = settings;
    const { shim, id } = thread.inbox.withBell();
    const index = check(shim.pp_queue_make(id, new BigUint64Array([BigInt(maxsize)]), redeliver ? 1 : 0), "The queue can't be made");
    const handle = new QueueHandle(thread, index, origin);
    if (isInternal !== true) handle.#told = { lost: 0, redelivered: 0 };
    handle.#name = name;
    return handle;
  }

  /** Opens a queue whose descriptor came from another process. */
  static open(thread: NativeThread, origin: Origin, fd: number): QueueHandle {
    const { shim, id } = thread.inbox.withBell();
    const index = shim.pp_queue_open(id, fd);
    // The sender has another version of this library, whose queues have another layout.
    if (index === EPROTO) throw new CorruptedError("The queue was made by another version of polyproc: use one version in a tree.");
    return new QueueHandle(thread, check(index, "The queue that came can't be used"), origin);
  }

  protected override close(): void {
    trimNoMore(this);
    this.#arriving?.fetching.end();
    this.shim.pp_queue_close(this.index);
    // The items may have gone with it, and so the descriptors of the objects inside them.
    this.shim.pp_keeper_sweep();
  }

  get #buffer(): Uint8Array<ArrayBuffer> {
    return this.#prefixes?.bytes ?? this.#use(new Uint8Array(FIRST_BUFFER));
  }

  #use(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.#prefixes = new Prefixes(buffer);
    return buffer;
  }

  /** Whether the last put or get had no result, because another process had the queue's lock. */
  get isBusy(): boolean {
    return this.#busyLock !== undefined;
  }

  /** Whether items were taken that no get has returned yet. */
  get isArriving(): boolean {
    return this.#arriving !== undefined || this.#rest.length > 0;
  }

  /** Whether the queue has no item, and was not shut down. False also if that can't be seen now. */
  get isEmpty(): boolean {
    return this.shim.pp_queue_poll(this.index) === 0;
  }

  /** Puts an item, with these references in its bytes. `undefined` while there is no room. */
  put(bytes: Uint8Array, refs: readonly Ref[], ms = 0): true | undefined {
    this.#busyLock = undefined;
    if (refs.length === 0) return this.#done(this.shim.pp_queue_put(this.index, bytes, bytes.length, ms), Until.putLock);
    const done = this.#done(this.shim.pp_queue_put_objects(this.index, bytes, bytes.length, ms), Until.putLock);
    if (done === true) this.thread.keeper.sent(locationsOf(refs), this.index);
    return done;
  }

  /**
   * Takes an item. Its bytes are lent until the next call. `undefined` while the queue is empty, or while the shared objects inside the item
   * are on their way.
   *
   * @param ms how long the call blocks; {@link AT_ONCE} makes it return without the moment of spinning
   * @param lendBelow an item of so many bytes or more has a buffer of its own, and its bytes may be kept
   */
  get(ms = 0, lendBelow: number = MOST_REUSED): Uint8Array | undefined {
    if (this.#arriving !== undefined) return this.#arrived(ms)?.bytes;
    if (this.#rest.length > 0) return this.#rest.shift();
    return this.#take(ms, lendBelow, false);
  }

  /** Takes an item that is ended by {@link endTask}. It has a position, and its bytes may be kept. `undefined` as for {@link get}. */
  getTask(lendBelow: number): TakenItem | undefined {
    // Such an item has no place in the ring by which it could be ended alone.
    if (this.#rest.length > 0 || (this.#arriving !== undefined && this.#arriving.at === undefined)) throw takenBefore();
    if (this.#arriving !== undefined) return this.#arrived(0);
    const bytes = this.#take(0, lendBelow, true);
    return bytes && { bytes: this.isLent(bytes) ? bytes.slice() : bytes, at: this.#takenAt() };
  }

  /** Marks an item that was taken as done, or gives it back. */
  async endTask(item: TakenItem, isBack: boolean): Promise<true> {
    const at = new BigUint64Array([item.at as bigint]);
    const status = await insistLater(() => this.shim.pp_queue_task_end(this.index, at, isBack ? 1 : 0));
    if (status === EINVAL) throw taskEnded();
    return this.#finished(status);
  }

  // A call that may not be given up has a result, or another process had the lock for too long.
  #finished(status: number): true {
    if (this.#done(status, Until.getLock) === undefined) check(status, "The queue can't be changed");
    return true;
  }

  #takeInto(buffer: Uint8Array, ms: number, asTask: boolean): number {
    if (asTask) return this.shim.pp_queue_get_task(this.index, buffer, buffer.length, ms);
    return this.shim.pp_queue_get(this.index, buffer, buffer.length, ms);
  }

  #takenAt(): bigint | undefined {
    const at = new BigUint64Array(1);
    return this.shim.pp_queue_taken(this.index, at) === 1 ? at[0] : undefined;
  }

  #take(ms: number, lendBelow: number, asTask: boolean): Uint8Array | undefined {
    this.#busyLock = undefined;
    let buffer = this.#buffer;
    let length = this.#takeInto(buffer, ms, asTask);
    while (length === EMSGSIZE) {
      buffer = this.#bufferFor(this.shim.pp_queue_needed(this.index), lendBelow);
      length = this.#takeInto(buffer, 0, asTask);
    }
    if (asTask && length === ENOMEM) check(length, "The item can't be taken as a task, and stays in the queue");
    if (this.#done(length, Until.getLock) === undefined) return undefined;
    const bytes = this.#prefixes?.bytes === buffer ? this.#prefixes.of(length) : buffer.subarray(0, length);
    return hasRefs(bytes) ? this.#fetch(bytes.slice()) : bytes;
  }

  /** Puts the first items of a list. `undefined` while there is no room for one. */
  putList(list: Uint8Array): Stored | undefined {
    this.#busyLock = undefined;
    const count = this.shim.pp_queue_put_list(this.index, list, list.length, this.#room);
    return this.#done(count, Until.putLock) && { count, room: this.#room[0] as number };
  }

  /**
   * Takes up to `most` items as a list. Its bytes are lent until the next call. `undefined` as for {@link get}; `"single"` if only that can
   * take the next item.
   */
  getList(most: number, ms = 0): Uint8Array | "single" | undefined {
    if (this.isArriving) return "single";
    this.#busyLock = undefined;
    const length = this.shim.pp_queue_get_list(this.index, this.#buffer, this.#buffer.length, Math.min(most, MOST_MESSAGES), ms);
    if (length === EMSGSIZE) return "single";
    if (this.#done(length, Until.getLock) === undefined) return undefined;
    const list = this.#buffer.subarray(0, length);
    if (length > this.#buffer.length / 2 && length < LARGEST_FOR_LISTS / 2) this.#use(new Uint8Array(this.#buffer.length * 2));
    return list;
  }

  /** Gives back the last items of a list that was taken, which lie between these bounds: the next gets take them. */
  giveBack(list: Uint8Array, bounds: readonly number[]): void {
    for (let i = 0; i < bounds.length; i += 2) this.#rest.push(list.slice(bounds[i], bounds[i + 1]));
    if (this.gets.size > 0) this.gets.retry();
  }

  #bufferFor(needed: number, lendBelow: number): Uint8Array<ArrayBuffer> {
    if (needed >= lendBelow) return new Uint8Array(needed);
    return this.#use(new Uint8Array(2 ** Math.ceil(Math.log2(needed))));
  }

  /** Whether the bytes of an item are lent. A large item has a buffer of its own. */
  isLent(bytes: Uint8Array): boolean {
    return this.#prefixes?.has(bytes) === true;
  }

  /** Called when the shared objects inside an item are here, or when its receiver can't use it. */
  settle(bytes: Uint8Array): void {
    this.thread.keeper.dropFetched(refsIn(bytes));
    this.shim.pp_queue_settle(this.index);
  }

  /** True if the queue has an item or was shut down. */
  poll(): true | undefined {
    if (this.#arriving !== undefined) return this.#arriving.fetching.look(0) || undefined;
    if (this.#rest.length > 0) return true;
    const status = this.shim.pp_queue_poll(this.index);
    // The queue changes all the time, so it is looked at again.
    if (status === EBUSY) return undefined;
    return check(status, "The queue can't be looked at") === 1 ? true : undefined;
  }

  /** Passes on a wake-up that came for items and that this process does not use. */
  passItemsOn(): void {
    this.shim.pp_queue_pass(this.index, Until.items);
  }

  /** True when each item is marked as done. `fresh` is true for the first call of a join. */
  joined(fresh: boolean): true | undefined {
    const status = this.shim.pp_queue_join(this.index, fresh ? 1 : 0);
    if (status > 0) throw takenDied(status);
    return this.#done(status, Until.getLock);
  }

  /** Blocks this thread until an item is marked as done, at most `ms` milliseconds. */
  waitForDone(ms: number): void {
    if (ms > 0) this.shim.pp_queue_wait(this.index, Until.done, ms);
  }

  async taskDone(): Promise<true> {
    const status = await insistLater(() => this.shim.pp_queue_task_done(this.index));
    if (status === EINVAL) throw tooManyDone();
    return this.#finished(status);
  }

  async shutdown(immediate: boolean): Promise<true> {
    const status = await insistLater(() => this.shim.pp_queue_shutdown(this.index, immediate ? 1 : 0));
    this.#finished(status);
    this.shim.pp_keeper_sweep();
    return true;
  }

  // Reading the counts also cleans up after dead processes. If the queue is corrupted, the next call on it throws.
  override sweep(): void {
    const numbers = new BigUint64Array(STATS_LENGTH);
    if (this.shim.pp_queue_stats(this.index, numbers) < 0) return;
    if (this.#told === undefined) return;
    const [lost, redelivered] = [Number(numbers[STATS.indexOf("lost")]), Number(numbers[STATS.indexOf("redelivered")])];
    if (redelivered > this.#told.redelivered) tellRedelivered(redelivered - this.#told.redelivered, this.#name);
    if (lost > this.#told.lost) tellLostItems(lost - this.#told.lost, this.#name);
    this.#told = { lost, redelivered };
  }

  async stats(): Promise<QueueStats & { readonly maxsize: number }> {
    const numbers = new BigUint64Array(STATS_LENGTH);
    const status = await insistLater(() => this.shim.pp_queue_stats(this.index, numbers));
    if (status < 0 && this.#done(status, Until.getLock) !== true) check(status, "The queue can't be looked at");
    return Object.fromEntries(STATS.map((name, i) => [name, Number(numbers[i])])) as unknown as QueueStats & { maxsize: number };
  }

  #fetch(bytes: Uint8Array): Uint8Array | undefined {
    const fetching = Fetching.begin(this.thread, refsIn(bytes));
    if (fetching === undefined || fetching.look(0)) return bytes;
    this.#arriving = { bytes, at: this.#takenAt(), fetching };
    fetching.whenReady(() => this.gets.retry());
    return undefined;
  }

  #arrived(ms: number): TakenItem | undefined {
    if (this.#arriving?.fetching.look(ms) !== true) return undefined;
    const item = this.#arriving;
    this.#arriving = undefined;
    return item;
  }

  #attempts(until: number): Attempts {
    const ready = (): void => {
      // A wake-up goes to one process only. If this process does not need it any more, it is passed on to another one.
      if (attempts.size === 0) this.shim.pp_queue_pass(this.index, until);
      attempts.retry();
    };
    const id = this.hear(ready);
    const arm = (): void => {
      // The item that was taken goes to the next get. Then `retry` is called without a watch.
      if (until === Until.items && this.#arriving !== undefined) return;
      const lock = this.#busyLock;
      this.#busyLock = undefined;
      check(this.shim.pp_queue_watch(this.index, id, lock ?? until), "The queue can't be waited for");
    };
    const attempts: Attempts = new Attempts(arm, true, () => void (this.inUse && this.shim.pp_queue_unwatched(this.index, until)));
    return attempts;
  }

  /** Gives memory back if the queue is idle. Returns whether that need not be tried again until the queue is used. */
  trim(): boolean {
    this.#isUsed = this.shim.pp_queue_trim(this.index) === 0;
    return !this.#isUsed;
  }

  #noteUse(): true {
    if (this.#isUsed) return true;
    this.#isUsed = true;
    trimWhenIdle(this);
    return true;
  }

  #done(status: number, lock: number): true | undefined {
    if (status >= 0) return this.#noteUse();
    if (status === EBUSY) this.#busyLock = lock;
    if (status === EAGAIN || status === EBUSY) return undefined;
    checkStatus(status);
    return undefined;
  }
}
