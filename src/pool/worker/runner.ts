import { now, turn } from "../../util/clock.ts";
import { setCurrentTask } from "../current-task.ts";
import { type Entry, Kind, Notice } from "../entries.ts";
import type { WorkerMark } from "../marks.ts";
import { give } from "./generator.ts";
import type { Arrived, Inbox } from "./inbox.ts";
import type { Outbox } from "./outbox.ts";
import { prepare } from "./prepare.ts";
import type { Prepared } from "./prepared.ts";
import { RunningTask } from "./running-task.ts";
import { WorkerTelling } from "./telling.ts";

/** A target that took longer than this number of milliseconds, the last time, may take long again. A pause of 1 ms often takes less. */
const SHORT_MS = 0.5;
/** The event loop turns, and results leave, at least as often as this number of milliseconds. */
const TURN_MS = 10;
/** The worker tells how much memory it uses at most as often as this number of milliseconds. */
const MEMORY_MS = 50;

/** The clock is read after each task that takes longer than this number of milliseconds. Of shorter ones, so many take one reading. */
const QUICK_MS = 0.02;
const MOST_UNREAD = 16;

/** The tasks of an entry that have run so far. */
interface Progress {
  readonly entry: Entry;
  /** The index of the next task. */
  index: number;
  /** The values that have not been sent, and the number of the task that gave the first one. */
  seq: number;
  readonly values: unknown[];
  /** The time at which the first of these tasks began. */
  began: number;
  /** The time when the clock was read last, and the number of tasks since then. */
  read: number;
  unread: number;
}

/** Runs the tasks of a worker, one after another. */
export class Runner {
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #mark: WorkerMark;
  // The time in milliseconds that each target's last task took.
  readonly #times = new Map<number, number>();
  #turned = now();
  #measured = 0;
  #task: RunningTask | undefined;
  readonly #telling: WorkerTelling;
  // What the present task threw.
  #failure: { readonly error: unknown } | undefined;
  // The number of tasks after which the clock is read.
  #stride = 1;

  constructor(inbox: Inbox, outbox: Outbox, mark: WorkerMark) {
    this.#inbox = inbox;
    this.#outbox = outbox;
    this.#mark = mark;
    this.#telling = new WorkerTelling(inbox.targets);
  }

  /** Runs tasks until the worker is to end. */
  async run(): Promise<void> {
    for (;;) {
      const arrived = this.#inbox.take() ?? (await this.#next());
      if (arrived === undefined) return;
      const { entry } = arrived;
      this.#telling.look();
      if ((this.#outbox.isFull || this.#telling.slices) && this.#mayTakeLong(entry)) {
        this.#telling.save();
        if (this.#outbox.isFull) await this.#turn();
      }
      const began = now();
      const progress: Progress = { entry, index: 0, seq: entry.seq, values: [], began, read: began, unread: 0 };
      while (progress.index < entry.count) {
        // The next task may end this process, and a result that has not left would be lost with it.
        if (this.#outbox.isLate) await this.#outbox.sent();
        const pending = this.#runSome(arrived, progress);
        if (pending !== undefined) await this.#finish(pending, progress);
        // What is done leaves together with the rest of its chunk, but not later than when the event loop turns.
        if (progress.read - this.#turned < TURN_MS) continue;
        this.#send(progress);
        await this.#turn();
        progress.read = this.#turned;
      }
      this.#send(progress);
      this.#tellMemory();
    }
  }

  // Runs tasks until all are done, or the event loop should turn, or a result waits, or a task gives a promise. Returns that.
  #runSome(arrived: Arrived, progress: Progress): PromiseLike<unknown> | undefined {
    const { count } = progress.entry;
    while (progress.index < count && this.#begin(arrived, progress)) {
      try {
        const result = this.#call(arrived, progress.index);
        if (isThenable(result)) return result;
        progress.values.push(noGenerator(result));
      } catch (error) {
        this.#fail(error, progress);
      }
      this.#end(progress, this.#stride);
      if (progress.read - this.#turned >= TURN_MS || this.#outbox.isLate) break;
    }
    return undefined;
  }

  async #finish(pending: PromiseLike<unknown>, progress: Progress): Promise<void> {
    void this.#inbox.listen();
    try {
      progress.values.push(noGenerator(await pending));
    } catch (error) {
      this.#fail(error, progress);
    }
    this.#end(progress, 1);
  }

  /** Calls the target of an entry, and nothing else. */
  async initialize({ entry, open }: Arrived): Promise<void> {
    const call = await this.#inbox.targets.get(entry.target);
    await Reflect.apply(call, undefined, (await open()) as never);
  }

  async #next(): Promise<Arrived | undefined> {
    this.#outbox.flush();
    const arrived = await this.#inbox.next();
    this.#turned = now();
    return arrived;
  }

  // Notes that a task begins. Returns false if it was taken back, with all that follow in its entry.
  #begin(arrived: Arrived, progress: Progress): boolean {
    const { entry, index } = progress;
    const seq = entry.seq + index;
    if (!this.#mark.begin(seq)) {
      this.#send(progress);
      if (arrived.prepared === undefined) arrived.drop();
      this.#outbox.add(undefined, "", { kind: Kind.skipped, seq, count: entry.count - index });
      progress.index = entry.count;
      return false;
    }
    if (this.#task?.moveTo(entry, index) !== true) this.#task = new RunningTask(entry, index, this.#outbox);
    this.#inbox.running = this.#task;
    setCurrentTask(this.#task);
    if (this.#telling.tasks) this.#telling.begun(entry, index);
    return true;
  }

  // Calls the target, at once if it and its arguments are here.
  #call(arrived: Arrived, index: number): unknown {
    const { entry } = arrived;
    if (entry.notices !== 0 || entry.kind === Kind.iterate) return this.#callLater(arrived, index);
    const prepared = this.#prepare(arrived);
    return prepared instanceof Promise ? prepared.then((made) => made.run(index)) : prepared.run(index);
  }

  async #callLater(arrived: Arrived, index: number): Promise<unknown> {
    const { entry } = arrived;
    const seq = entry.seq + index;
    if ((entry.notices & Notice.begun) !== 0) await this.#tell(Kind.begun, seq);
    const prepared = await this.#prepare(arrived);
    if ((entry.notices & Notice.opened) !== 0) await this.#tell(Kind.opened, seq);
    if (entry.kind !== Kind.iterate) return prepared.run(index);
    const task = this.#inbox.running as RunningTask;
    task.limit(prepared.lookAhead);
    await give(prepared.run(index), task, this.#outbox);
    return undefined;
  }

  // Its value is opened once, because shared objects inside can be received once.
  #prepare(arrived: Arrived): Prepared | Promise<Prepared> {
    arrived.prepared ??= prepare(arrived, this.#inbox);
    if (arrived.prepared instanceof Promise)
      void arrived.prepared.then(
        (prepared) => (arrived.prepared = prepared),
        () => {},
      );
    return arrived.prepared;
  }

  // Says something of a task before its target is called, which may keep the event loop from turning for long.
  async #tell(kind: number, seq: number): Promise<void> {
    this.#outbox.add(undefined, "", { kind, seq, count: 1 });
    await this.#outbox.sent();
    this.#turned = now();
  }

  #fail(error: unknown, progress: Progress): void {
    this.#failure = { error };
    const ended = now();
    this.#send(progress);
    this.#outbox.addError(error, { kind: Kind.error, seq: progress.seq, count: 1, number: ended - progress.read });
    progress.seq++;
    progress.began = ended;
  }

  // Notes that a task has ended. The clock is read if this is one of `stride` tasks.
  #end(progress: Progress, stride: number): void {
    this.#task?.end();
    this.#inbox.running = undefined;
    setCurrentTask(undefined);
    const { entry } = progress;
    if (this.#telling.tasks) this.#telling.ended(entry, progress.index, this.#failure);
    this.#failure = undefined;
    progress.index++;
    progress.unread++;
    if (progress.unread >= stride || progress.index === entry.count) this.#readClock(progress);
    // The time of the next task must not count for one that has a time limit.
    if (progress.index % entry.chunk === 0 || entry.notices !== 0) this.#send(progress);
  }

  #readClock(progress: Progress): void {
    const time = now();
    const pace = (time - progress.read) / progress.unread;
    if (this.#telling.slices) this.#telling.ran(progress.entry, progress.index - progress.unread, progress.unread, progress.read, time);
    this.#times.set(progress.entry.target, pace);
    this.#stride = pace < QUICK_MS ? MOST_UNREAD : 1;
    if (progress.values.length === 0) progress.began = time;
    progress.read = time;
    progress.unread = 0;
  }

  // Sends the values so far. If one of them can't travel, only its own task fails.
  #send(progress: Pick<Progress, "seq" | "values" | "began">): void {
    const { seq, values, began } = progress;
    if (values.length === 0) return;
    const ended = now();
    const header = { kind: Kind.results, seq, count: values.length, number: ended - began };
    try {
      this.#outbox.add(values, "", header);
    } catch (error) {
      if (values.length === 1) this.#outbox.addError(error, { ...header, kind: Kind.error });
      else
        for (const [index, value] of values.entries())
          this.#send({ seq: seq + index, values: [value], began: ended - (ended - began) / values.length });
    }
    progress.seq = seq + values.length;
    progress.values.length = 0;
    progress.began = ended;
  }

  // Earlier results must not wait for a task that may take long.
  #mayTakeLong({ target }: Entry): boolean {
    return (this.#times.get(target) ?? Number.POSITIVE_INFINITY) >= SHORT_MS || now() - this.#turned >= TURN_MS;
  }

  async #turn(): Promise<void> {
    this.#outbox.flush();
    if (this.#outbox.isLate) await this.#outbox.sent();
    await turn();
    this.#turned = now();
  }

  #tellMemory(): void {
    const time = now();
    if (time - this.#measured < MEMORY_MS) return;
    this.#measured = time;
    this.#outbox.add(undefined, "", { kind: Kind.memory, number: process.memoryUsage.rss() });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

const GENERATORS: ReadonlySet<string> = new Set(["[object Generator]", "[object AsyncGenerator]"]);

function noGenerator(value: unknown): unknown {
  if (typeof value === "object" && value !== null && GENERATORS.has(Object.prototype.toString.call(value)))
    throw new TypeError("The target is a generator, whose values come one by one: use iterate() instead.");
  return value;
}
