import type { Message } from "../backend/contract/message.ts";
import { type Packed, packLent, packReport } from "../objects/message.ts";
import { note } from "../observe/events.ts";
import { COPY_BELOW, join, keepForAWhile } from "../util/bytes.ts";
import { now, soon } from "../util/clock.ts";
import { type Header, headerOf, Kind, number } from "./entries.ts";
import type { Repeatable } from "./repeatable.ts";
import type { PoolTarget } from "./targets.ts";
import type { TaskWork } from "./task-work.ts";
import type { WorkerEnding, WorkerLink } from "./worker-source.ts";

/** Entries for a worker go together in one item up to this number of bytes. */
const MOST_BYTES = 1 << 16;

/** The tasks that a part of a message concerns. */
interface Part {
  /** The number of its first task in the worker, and the number of tasks. */
  seq: number;
  tasks: number;
  /** Whether it concerns a task that the worker has already. What is not vital is needed by the tasks behind it alone. */
  isVital: boolean;
}

/** The parts of the next message. */
class Batch implements Part {
  readonly pieces: Uint8Array[] = [];
  readonly large: TaskWork[] = [];
  bytes = 0;
  seq = 0;
  tasks = 0;
  isVital = false;
}

/** Called when a message with `count` tasks could not be sent. Later ones have not been sent. */
export type OnUnsent = (member: CrewMember, error: unknown, seq: number, count: number) => void;

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
  /** Stops the timers of tasks with a time limit of their own, by their numbers. */
  readonly limits: Map<number, () => void> = new Map<number, () => void>();
  /** Stops the timer of its start. */
  stopTimer: () => void = () => {};
  readonly #since = now();
  readonly #onUnsent: OnUnsent;
  // The entries that leave together at the end of a pass.
  #batch = new Batch();
  // What could not be sent, as long as the pool has not been told.
  #unsent: Batch | undefined;
  // The arguments of the initializer, which hold the shared objects inside until it has them.
  #initial: Packed | undefined;
  readonly #targets = new Set<number>();
  readonly #kwargs = new Set<number>();

  constructor(worker: number, onUnsent: OnUnsent) {
    this.worker = worker;
    this.#onUnsent = onUnsent;
  }

  /** The time in milliseconds since it was started. */
  get age(): number {
    return now() - this.#since;
  }

  get name(): string {
    return this.link?.name ?? "";
  }

  /** Sends tasks, the first of which has the number `seq` in the worker. The target and the named arguments go ahead once. */
  hand(work: TaskWork, seq: number, kwargs: Repeatable | undefined): void {
    const { target, kwargs: kwargsNumber } = work.call;
    this.#define(target);
    if (kwargs !== undefined && !this.#kwargs.has(kwargsNumber)) {
      this.#kwargs.add(kwargsNumber);
      this.#add(
        kwargs.copy((error) => work.call.giveUp(error)),
        {},
      );
    }
    const message = work.message();
    number(message.bytes, seq, work.attempt);
    this.#add(message, { seq, tasks: work.size }, work);
  }

  /** Sends a call of the pool's initializer. */
  initialize(target: PoolTarget, args: Packed): void {
    this.#initial = args;
    this.#define(target);
    this.#add(args, { isVital: true });
    this.flush();
  }

  /** It has called the initializer, or never will. */
  forgetInitial(wasCalled: boolean): void {
    this.#initial?.release(wasCalled);
    this.#initial = undefined;
  }

  /** Kills the worker, because of what the text says. */
  kill(why: string): void {
    note("info", () => `kills ${this.name}, because ${why}`);
    this.link?.kill();
  }

  /** The worker does not need the named arguments any more. */
  forget(kwargs: number): void {
    if (this.#kwargs.delete(kwargs)) this.send(undefined, { kind: Kind.forget, kwargs });
  }

  /** The tasks before this number need no time limit any more. */
  forgetLimits(before: number): void {
    for (const [seq, forget] of this.limits) {
      if (seq >= before) continue;
      forget();
      this.limits.delete(seq);
    }
  }

  /** Sends a value. */
  send(value: unknown, fields: Partial<Header>): void {
    this.#sendPart(value, fields, true);
  }

  /** Sends an error, or another reason. A part of it that can't travel is described. */
  sendReport(reason: unknown, fields: Partial<Header>): void {
    this.#add({ ...packReport(reason, headerOf(fields)), refs: [] }, { isVital: true });
  }

  /** Sends the entries that wait. */
  flush(): void {
    if (this.#batch.pieces.length === 0 || this.link === undefined) return;
    const { pieces } = this.#batch;
    this.#post({ bytes: pieces.length === 1 ? (pieces[0] as Uint8Array) : join(pieces), refs: [] });
  }

  #define(target: PoolTarget): void {
    if (this.#targets.has(target.number)) return;
    this.#targets.add(target.number);
    this.#sendPart(target.ref, { kind: Kind.target, target: target.number });
  }

  #sendPart(value: unknown, fields: Partial<Header>, isVital = false): void {
    const packed = packLent(value, "value", headerOf(fields));
    this.#add(packed.refs.length > 0 ? packed : { ...packed, bytes: keepForAWhile(packed.bytes) }, { isVital });
  }

  #add(message: Message, { seq = 0, tasks = 0, isVital = false }: Partial<Part>, work?: TaskWork): void {
    const isWhole = message.refs.length > 0;
    if (isWhole || (this.#batch.bytes > 0 && this.#batch.bytes + message.bytes.length > MOST_BYTES)) this.flush();
    const batch = this.#batch;
    if (batch.tasks === 0) batch.seq = seq;
    batch.tasks += tasks;
    if (isVital) batch.isVital = true;
    if (work !== undefined && message.bytes.length >= COPY_BELOW) batch.large.push(work);
    if (isWhole) {
      this.#post(message);
      return;
    }
    batch.pieces.push(message.bytes);
    batch.bytes += message.bytes.length;
  }

  #post(message: Message): void {
    const batch = this.#batch;
    this.#batch = new Batch();
    if (this.#unsent !== undefined) {
      // It is not sent either. Its tasks will go to another worker.
      if (batch.isVital) this.#unsent.isVital = true;
      return;
    }
    try {
      const sending = this.link?.send(message);
      if (sending !== undefined) sending.catch((error: unknown) => this.#fail(error, batch));
      else for (const work of batch.large) work.sent();
    } catch (error) {
      this.#fail(error, batch);
    }
  }

  // The pool is told later, because it may be in the middle of handing out tasks.
  #fail(error: unknown, batch: Batch): void {
    if (this.#unsent !== undefined) return;
    this.#unsent = batch;
    soon(() => {
      this.#unsent = undefined;
      if (batch.tasks > 0) this.#onUnsent(this, error, batch.seq, batch.tasks);
      if (!batch.isVital && batch.tasks > 0) return;
      // A task that the worker runs may wait for what is lost.
      this.failure = error;
      this.link?.kill();
    });
  }
}
