import type { Incoming, Message } from "../../backend/contract/message.ts";
import type { QueuePort } from "../../backend/contract/queue.ts";
import { decode } from "../../codec/decode.ts";
import { hasRefs, unseal } from "../../codec/envelope.ts";
import { acceptPart } from "../../objects/delivery.ts";
import { COPY_BELOW, copyOf } from "../../util/bytes.ts";
import { turn } from "../../util/clock.ts";
import { type Entry, entriesIn, Kind } from "../entries.ts";
import { takeLent } from "../take.ts";
import type { Prepared } from "./prepared.ts";
import type { RunningTask } from "./running-task.ts";
import { Targets } from "./targets.ts";

/** Tasks that came together, and their values. */
export interface Arrived {
  readonly entry: Entry;
  /** Decodes the value. It is a promise if shared objects are inside. */
  open(): unknown;
  /** Called in place of `open` if nobody needs the value. */
  drop(): void;
  /** Set when its first task is about to begin. */
  prepared?: Prepared | Promise<Prepared>;
}

/** What a worker receives: it keeps the tasks until their turn, and does everything else at once. */
export class Inbox {
  readonly targets: Targets = new Targets();
  /** The task that runs now. */
  running: RunningTask | undefined;
  readonly #port: QueuePort;
  readonly #arrived: Arrived[] = [];
  readonly #kwargs = new Map<number, Arrived & { value?: unknown }>();
  #next = 0;
  #isEnding = false;
  #isListening = false;
  #receiving: Promise<void> | undefined;
  // Why nothing can be received any more.
  #fail: unknown;

  constructor(port: QueuePort) {
    this.#port = port;
  }

  /** Whether tasks are here already. */
  get hasTasks(): boolean {
    return this.#next < this.#arrived.length;
  }

  /** Returns the next tasks, or `undefined` if this worker is to end. */
  async next(): Promise<Arrived | undefined> {
    for (;;) {
      const arrived = this.take();
      if (arrived !== undefined || this.#isEnding) return arrived;
      if (this.#fail !== undefined) throw this.#fail;
      await this.#receive();
    }
  }

  /** Returns the next tasks if some are here. */
  take(): Arrived | undefined {
    while (!this.hasTasks && !this.#isEnding && this.#receiving === undefined) {
      const incoming = this.#port.getNow?.();
      if (incoming === undefined) return undefined;
      this.#accept(incoming);
    }
    const arrived = this.#arrived[this.#next];
    if (arrived === undefined) return undefined;
    this.#next++;
    if (this.#next === this.#arrived.length) this.#next = this.#arrived.length = 0;
    return arrived;
  }

  /** Receives what concerns the running task for as long as it runs: its reports are accepted, or it is given up. */
  async listen(): Promise<void> {
    if (this.#isListening) return;
    this.#isListening = true;
    // Most tasks that give a promise are over by then. To wait for items begins with a spin, which would delay them.
    await turn();
    while (this.running !== undefined && this.#fail === undefined) await this.#receive();
    this.#isListening = false;
  }

  /** Returns the named arguments with this number. They are decoded once, and not before the target that takes them was imported. */
  kwargs(number: number): unknown {
    const kwargs = this.#kwargs.get(number);
    if (kwargs !== undefined && !("value" in kwargs)) kwargs.value = kwargs.open();
    return kwargs?.value;
  }

  // Waits for one item. There is one such wait at a time.
  #receive(): Promise<void> {
    this.#receiving ??= this.#receiveOne();
    return this.#receiving;
  }

  async #receiveOne(): Promise<void> {
    try {
      const incoming = await takeLent(this.#port);
      this.#receiving = undefined;
      if (incoming !== undefined) this.#accept(incoming);
    } catch (error) {
      this.#receiving = undefined;
      this.#fail = error;
      return;
    }
    // Where an item can't be taken at once, the next one is on its way while tasks run.
    if (this.#port.getNow === undefined && !this.#isEnding) void this.#receive();
  }

  #accept(incoming: Incoming): void {
    const { message, lent } = incoming;
    if (lent && this.#runsAtOnce(message)) return incoming.settle();
    const { bytes, refs } = message.refs.length > 0 ? message : unseal(lent ? copyOf(message.bytes) : message.bytes);
    const entries = entriesIn(bytes);
    // An entry with shared objects is an item of its own, which is settled once a task has opened it.
    if (refs.length > 0) {
      const drop = (): void => incoming.settle();
      for (const entry of entries) this.#handle({ entry, open: () => acceptPart(incoming, { bytes: entry.value, refs }), drop });
      return;
    }
    incoming.settle();
    for (const entry of entries) this.#handle({ entry, open: () => decode(entry.value), drop: () => {} });
  }

  // A large task that will run next is decoded at once, so that its bytes need not be copied before that.
  #runsAtOnce({ bytes, refs }: Message): boolean {
    if (refs.length > 0 || bytes.length < COPY_BELOW || hasRefs(bytes) || this.running !== undefined || this.hasTasks) return false;
    const [entry, ...others] = entriesIn(bytes);
    if (entry?.kind !== Kind.apply || others.length > 0 || entry.notices !== 0 || !this.targets.has(entry.target)) return false;
    const open = opened(entry.value);
    this.#handle({ entry, open, drop: () => {} });
    return true;
  }

  #forget(number: number): void {
    const kwargs = this.#kwargs.get(number);
    if (kwargs !== undefined && !("value" in kwargs)) kwargs.drop();
    this.#kwargs.delete(number);
  }

  #handle(arrived: Arrived): void {
    const { entry } = arrived;
    switch (entry.kind) {
      case Kind.target:
        this.targets.define(entry.target, entry.value);
        break;
      case Kind.kwargs:
        this.#kwargs.set(entry.kwargs, arrived);
        break;
      case Kind.forget:
        this.#forget(entry.kwargs);
        break;
      case Kind.abort:
        if (this.running?.seq === entry.seq) this.running.abort(decode(entry.value));
        break;
      case Kind.accepted:
        if (this.running?.seq === entry.seq) this.running.accepted(entry.number);
        break;
      case Kind.more:
        if (this.running?.seq === entry.seq) this.running.more(entry.number);
        break;
      case Kind.end:
        this.#isEnding = true;
        break;
      default:
        this.#arrived.push(arrived);
    }
  }
}

// Decodes a value now. The function that it returns gives the value, or throws why there is none.
function opened(bytes: Uint8Array): () => unknown {
  try {
    const value = decode(bytes);
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
