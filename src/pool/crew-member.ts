import { type Packed, packLent, packReport } from "../objects/message.ts";
import { copyOf, join } from "../util/bytes.ts";
import { now } from "../util/clock.ts";
import { type Header, headerOf, Kind, number } from "./entries.ts";
import type { PoolTarget } from "./targets.ts";
import type { TaskWork } from "./task-work.ts";
import type { WorkerEnding, WorkerLink } from "./worker-source.ts";

/** Entries for a worker go together in one item up to this number of bytes. */
const MOST_BYTES = 1 << 16;

/** What a pool knows of one of its workers. */
export class CrewMember {
  readonly worker: number;
  link: WorkerLink | undefined;
  ending: WorkerEnding | undefined;
  /** Why the pool itself has killed it. */
  failure: unknown;
  isReady = false;
  isEnding = false;
  /** The number of its tasks that have settled. */
  done = 0;
  /** The time in milliseconds for which it has run tasks. */
  busy = 0;
  /** Its resident memory in bytes, when it told it last. */
  memory = 0;
  /** The moment since which it has had no task. */
  idleSince: number = now();
  /** Whether a timer runs until it has been idle for long enough to end. */
  isWatched = false;
  /** Tasks that are given up, by their numbers. Nobody hears what becomes of them. */
  readonly abandoned: Set<number> = new Set<number>();
  /** Stops the timer of its start. */
  stopTimer: () => void = () => {};
  readonly #since = now();
  // The entries that leave together at the end of a pass.
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;
  readonly #targets = new Set<number>();
  readonly #kwargs = new Set<number>();

  constructor(worker: number) {
    this.worker = worker;
  }

  /** The time in milliseconds since it was started. */
  get age(): number {
    return now() - this.#since;
  }

  get name(): string {
    return this.link?.name ?? "";
  }

  /** Sends tasks, the first of which has the number `seq` in the worker. The target and the named arguments go ahead once. */
  hand(work: TaskWork, seq: number, kwargs: Packed | undefined): void {
    const { target, kwargs: kwargsNumber } = work.call;
    this.#define(target);
    if (kwargs !== undefined && !this.#kwargs.has(kwargsNumber)) {
      this.#kwargs.add(kwargsNumber);
      this.#add(kwargs);
    }
    number(work.packed.bytes, seq, work.attempt);
    this.#add(work.packed);
  }

  /** Sends a call of the pool's initializer. */
  initialize(target: PoolTarget, args: readonly unknown[]): void {
    this.#define(target);
    this.send(args, { kind: Kind.initialize, target: target.number });
    this.flush();
  }

  /** The worker does not need the named arguments any more. */
  forget(kwargs: number): void {
    if (this.#kwargs.delete(kwargs)) this.send(undefined, { kind: Kind.forget, kwargs });
  }

  /** Sends a value. */
  send(value: unknown, fields: Partial<Header>): void {
    const packed = packLent(value, "initArgs", headerOf(fields));
    this.#add(packed.refs.length > 0 ? packed : { ...packed, bytes: copyOf(packed.bytes) });
  }

  /** Sends an error, or another reason. A part of it that can't travel is described. */
  sendReport(reason: unknown, fields: Partial<Header>): void {
    this.#add({ ...packReport(reason, headerOf(fields)), refs: [] });
  }

  /** Sends the entries that wait. */
  flush(): void {
    if (this.#waiting.length === 0 || this.link === undefined) return;
    const bytes = this.#waiting.length === 1 ? (this.#waiting[0] as Uint8Array) : join(this.#waiting);
    this.#waiting.length = 0;
    this.#bytes = 0;
    this.link.send({ bytes, refs: [] });
  }

  #define(target: PoolTarget): void {
    if (this.#targets.has(target.number)) return;
    this.#targets.add(target.number);
    this.send(target.ref, { kind: Kind.target, target: target.number });
  }

  #add(message: Packed): void {
    if (message.refs.length > 0) {
      this.flush();
      this.link?.send(message);
      return;
    }
    if (this.#bytes > 0 && this.#bytes + message.bytes.length > MOST_BYTES) this.flush();
    this.#waiting.push(message.bytes);
    this.#bytes += message.bytes.length;
  }
}
