import type { Incoming, Message } from "../../backend/contract/message.ts";
import type { QueuePort } from "../../backend/contract/queue.ts";
import { decode } from "../../codec/decode.ts";
import { hasRefs, unseal } from "../../codec/envelope.ts";
import { acceptPart } from "../../objects/delivery.ts";
import { COPY_BELOW, copyOf } from "../../util/bytes.ts";
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
  #wake = (): void => {};
  #fail: unknown;

  constructor(port: QueuePort) {
    this.#port = port;
    void this.#receive();
  }

  /** Whether tasks are here already. */
  get hasTasks(): boolean {
    return this.#next < this.#arrived.length;
  }

  /** Returns the next tasks, or `undefined` if this worker is to end. */
  async next(): Promise<Arrived | undefined> {
    while (!this.hasTasks && !this.#isEnding && this.#fail === undefined)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#fail !== undefined) throw this.#fail;
    return this.take();
  }

  /** Returns the next tasks if some are here. */
  take(): Arrived | undefined {
    const arrived = this.#arrived[this.#next];
    if (arrived === undefined) return undefined;
    this.#next++;
    if (this.#next === this.#arrived.length) this.#next = this.#arrived.length = 0;
    return arrived;
  }

  /** Returns the named arguments with this number. They are decoded once, and not before the target that takes them was imported. */
  kwargs(number: number): unknown {
    const kwargs = this.#kwargs.get(number);
    if (kwargs !== undefined && !("value" in kwargs)) kwargs.value = kwargs.open();
    return kwargs?.value;
  }

  async #receive(): Promise<void> {
    try {
      // A task that still runs when the worker is to end hears of its reports, and of being given up.
      for (;;) {
        const incoming = this.#port.getNow?.() ?? (await takeLent(this.#port));
        if (incoming !== undefined) this.#accept(incoming);
        this.#wake();
      }
    } catch (error) {
      this.#fail = error;
    }
    this.#wake();
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
