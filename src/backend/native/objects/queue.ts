import { hasRefs, seal } from "../../../codec/envelope.ts";
import { boundsOf } from "../../../codec/message-list.ts";
import { blocking } from "../../../util/blocking.ts";
import { asKept, COPY_BELOW, copyOf } from "../../../util/bytes.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import type { BlockingQueue, IncomingList, ItemLists, QueuePort, QueueStats, Stored, TakenTask } from "../../contract/queue.ts";
import type { Travelling } from "../core/keeper.ts";
import { type KindName, NativePort } from "../core/port.ts";
import { takenKept, takenLent } from "../core/taken.ts";
import { AT_ONCE, type QueueHandle } from "./queue-handle.ts";

/** The limit in milliseconds for which a call that must not wait for room or for an item still waits for the queue's lock. */
const LOCK_MS = 1000;

interface Question<T> {
  readonly wait: Wait;
  /** Returns the result, or false if there is none and the call does not wait, or `undefined` if it has to look again. */
  look(ms?: number): T | false | undefined;
  readonly once: boolean;
}

export class NativeQueue extends NativePort implements QueuePort, ItemLists, BlockingQueue {
  readonly #handle: QueueHandle;

  constructor(handle: QueueHandle, kind: KindName) {
    super(handle.thread, kind);
    this.#handle = handle;
    handle.use();
  }

  get blocking(): BlockingQueue {
    return this;
  }

  get lists(): ItemLists {
    return this;
  }

  protected override get descriptor(): number {
    return this.#handle.shim.pp_queue_fd(this.#handle.index);
  }

  protected override travelling(): Travelling {
    const fd = this.descriptor;
    return { fd, fields: this.#handle.namesFor(fd) };
  }

  protected override free(): void {
    this.#handle.drop();
  }

  override letGo(): void {
    super.letGo();
    this.#handle.puts.letGo();
  }

  putNow(message: Message): boolean {
    return this.#handle.puts.size === 0 && this.#handle.put(seal(message), message.refs) === true;
  }

  getNow(spins = false): Incoming | undefined {
    const bytes = this.#handle.gets.size === 0 ? this.#handle.get(spins ? 0 : AT_ONCE) : undefined;
    return bytes === undefined ? undefined : this.#taken(bytes);
  }

  put(message: Message, wait: Wait): Promise<boolean> {
    if (this.putNow(message)) return Promise.resolve(true);
    const bytes = copyOf(seal(message));
    const { refs } = message;
    const question = this.#question(wait, () => this.#handle.put(bytes, refs));
    return this.sending(this.#handle.puts.make(question, this.hold));
  }

  putSync(message: Message, wait: Wait): boolean {
    const bytes = seal(message);
    const question = this.#question(wait, (ms) => this.#handle.put(bytes, message.refs, ms));
    return blocking(question.wait, question.look) === true;
  }

  async get(wait: Wait): Promise<Incoming | undefined> {
    const question = this.#question(wait, () => this.#kept(this.#handle.get(0, COPY_BELOW)));
    const bytes = await this.waitFor(this.#handle.gets, question.wait, question.look, question.once);
    return bytes === undefined || bytes === false ? undefined : takenKept(asKept(bytes), this.#settle(bytes));
  }

  async getLent(wait: Wait): Promise<Incoming | undefined> {
    const question = this.#question(wait, () => this.#handle.get());
    const bytes = await this.waitFor(this.#handle.gets, question.wait, question.look, question.once);
    return bytes === undefined || bytes === false ? undefined : this.#taken(bytes);
  }

  getSync(wait: Wait): Incoming | undefined {
    const question = this.#question(wait, (ms) => this.#handle.get(ms));
    const bytes = blocking(question.wait, question.look);
    return bytes === undefined || bytes === false ? undefined : this.#taken(bytes);
  }

  async getTask(wait: Wait): Promise<TakenTask | undefined> {
    const question = this.#question(wait, () => this.#handle.getTask(COPY_BELOW));
    const taken = await this.waitFor(this.#handle.gets, question.wait, question.look, question.once);
    if (taken === undefined || taken === false) return undefined;
    const end = async (isBack: boolean): Promise<void> => void (await this.sending(this.#handle.endTask(taken, isBack)));
    const incoming = takenKept(asKept(taken.bytes), this.#settle(taken.bytes));
    return { incoming, done: () => end(false), giveBack: () => end(true) };
  }

  putListNow(list: Uint8Array): Stored | undefined {
    return this.#handle.puts.size === 0 ? this.#handle.putList(list) : undefined;
  }

  async putList(list: { readonly bytes: Uint8Array }, wait: Wait): Promise<Stored | undefined> {
    const question = this.#question(wait, () => this.#handle.putList(list.bytes));
    let stored: Stored | undefined;
    const look = (): boolean | undefined => {
      const answer = question.look();
      if (answer === undefined || answer === false) return answer;
      stored = answer;
      return true;
    };
    await this.sending(this.#handle.puts.make({ wait: question.wait, once: question.once, look }, this.hold));
    return stored;
  }

  takeListNow(most: number): Incoming | IncomingList | undefined {
    const list = this.#handle.gets.size === 0 ? this.#handle.getList(most, AT_ONCE) : undefined;
    return list === "single" ? this.getNow() : this.#listed(list);
  }

  async takeList(most: number, wait: Wait): Promise<Incoming | IncomingList | undefined> {
    const question = this.#question(wait, () => this.#keptList(most));
    const taken = await this.waitFor(this.#handle.gets, question.wait, question.look, question.once);
    return taken === false ? undefined : taken;
  }

  async poll(wait: Wait): Promise<boolean> {
    this.checkOpen();
    if (this.#handle.poll() === true) return true;
    return (await this.waitFor(this.#handle.gets, wait, () => this.#polled())) === true;
  }

  pollSync(): boolean {
    return this.#handle.poll() === true;
  }

  async isDrained(): Promise<boolean> {
    this.checkOpen();
    return (await this.#handle.stats()).size === 0 && !this.#handle.isArriving;
  }

  isDrainedSync(): boolean {
    return this.#handle.isEmpty && !this.#handle.isArriving;
  }

  async stats(): Promise<QueueStats & { readonly maxsize: number }> {
    return this.#handle.stats();
  }

  async taskDone(): Promise<void> {
    // The queue stays open until the call is complete.
    await this.sending(this.#handle.taskDone());
  }

  async join(wait: Wait): Promise<boolean> {
    if (this.#handle.joined(this.#handle.joins.size === 0) === true) return true;
    return (await this.waitFor(this.#handle.joins, wait, () => this.#handle.joined(false))) === true;
  }

  joinSync(wait: Wait): boolean {
    let fresh = true;
    const look = (ms: number): true | undefined => {
      if (!fresh) this.#handle.waitForDone(ms);
      const joined = this.#handle.joined(fresh);
      fresh = false;
      return joined;
    };
    return blocking(wait, look) === true;
  }

  async shutdown(immediate: boolean): Promise<void> {
    await this.sending(this.#handle.shutdown(immediate));
  }

  // A list, or an item that comes alone, which may be kept.
  #keptList(most: number): Incoming | IncomingList | undefined {
    const list = this.#handle.getList(most);
    if (list !== "single") return this.#listed(list);
    const bytes = this.#kept(this.#handle.get(0, COPY_BELOW));
    return bytes && takenKept(asKept(bytes), this.#settle(bytes));
  }

  // The list is copied, because its receiver may run the program's code ([fromWire]), which may take another item meanwhile.
  #listed(lent: Uint8Array | undefined): IncomingList | undefined {
    if (lent === undefined) return undefined;
    const list = lent.slice();
    const bounds = boundsOf(list);
    const settle = (count: number): void => {
      if (2 * count < bounds.length) this.#handle.giveBack(list, bounds.slice(2 * count));
    };
    return { list, bounds, isCut: true, settle };
  }

  #taken(bytes: Uint8Array): Incoming {
    if (this.#handle.isLent(bytes)) return takenLent(bytes, this.#settle(bytes));
    return takenKept(asKept(bytes), this.#settle(bytes));
  }

  #kept(bytes: Uint8Array | undefined): Uint8Array | undefined {
    return bytes === undefined || !this.#handle.isLent(bytes) ? bytes : bytes.slice();
  }

  // What a receiver does once an item has arrived. An item without shared objects belongs to it as soon as it is taken.
  #settle(bytes: Uint8Array): (() => void) | undefined {
    return hasRefs(bytes) ? () => this.#handle.settle(bytes) : undefined;
  }

  // A call that looks only once still needs a result, and it gets none while another process has the queue's lock. So it waits for the
  // lock.
  #question<T>(wait: Wait, look: (ms?: number) => T | undefined): Question<T> {
    if (wait.timeout !== 0) return { wait, look, once: false };
    const lookOnce = (): T | false | undefined => {
      const result = look();
      return result === undefined && !this.#handle.isBusy ? false : result;
    };
    return { wait: { ...wait, timeout: LOCK_MS }, look: lookOnce, once: true };
  }

  // A poll does not take the item. So its wake-up is passed on to a process that may take it.
  #polled(): true | undefined {
    const ready = this.#handle.poll();
    if (ready === true) this.#handle.passItemsOn();
    return ready;
  }
}
