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

/** A target that took longer than this number of milliseconds, the last time, may take long again. */
const SHORT_MS = 1;
/** The event loop turns, and results leave, at least as often as this number of milliseconds. */
const TURN_MS = 10;
/** The worker tells how much memory it uses at most as often as this number of milliseconds. */
const MEMORY_MS = 50;

/** The values of tasks that have settled one after another. */
interface Results {
  seq: number;
  readonly values: unknown[];
  began: number;
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

  constructor(inbox: Inbox, outbox: Outbox, mark: WorkerMark) {
    this.#inbox = inbox;
    this.#outbox = outbox;
    this.#mark = mark;
  }

  /** Runs tasks until the worker is to end. */
  async run(): Promise<void> {
    for (;;) {
      const arrived = this.#inbox.take() ?? (await this.#next());
      if (arrived === undefined) return;
      if (this.#outbox.isFull && this.#mayTakeLong(arrived.entry)) await this.#turn();
      const results: Results = { seq: arrived.entry.seq, values: [], began: now() };
      let began = results.began;
      for (let index = 0; index < arrived.entry.count && this.#begin(arrived, index, results); index++) {
        try {
          const result = this.#call(arrived, index);
          results.values.push(noGenerator(isThenable(result) ? await result : result));
        } catch (error) {
          this.#fail(error, results, began);
        }
        began = this.#end(arrived.entry, results, began);
        // What is done leaves together with the rest of its chunk, but not later than when the event loop turns.
        if ((index + 1) % arrived.entry.chunk === 0) this.#send(results);
        if (began - this.#turned < TURN_MS) continue;
        this.#send(results);
        await this.#turn();
        began = this.#turned;
      }
      this.#send(results);
      this.#tellMemory();
    }
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
  #begin(arrived: Arrived, index: number, results: Results): boolean {
    const { entry } = arrived;
    const seq = entry.seq + index;
    if (!this.#mark.begin(seq)) {
      this.#send(results);
      if (arrived.prepared === undefined) arrived.drop();
      this.#outbox.add(undefined, "", { kind: Kind.skipped, seq, count: entry.count - index });
      return false;
    }
    const task = new RunningTask(entry, index, this.#outbox);
    this.#inbox.running = task;
    setCurrentTask(task);
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

  // Says something of a task before its target is called.
  async #tell(kind: number, seq: number): Promise<void> {
    this.#outbox.add(undefined, "", { kind, seq, count: 1 });
    await this.#turn();
  }

  #fail(error: unknown, results: Results, began: number): void {
    this.#send(results);
    this.#outbox.addError(error, { kind: Kind.error, seq: results.seq, count: 1, number: now() - began });
    results.seq++;
  }

  // Returns the time at which the task ended.
  #end({ target }: Entry, results: Results, began: number): number {
    this.#inbox.running?.end();
    this.#inbox.running = undefined;
    setCurrentTask(undefined);
    const ended = now();
    this.#times.set(target, ended - began);
    if (results.values.length === 0) results.began = ended;
    return ended;
  }

  // Sends the values so far. If one of them can't travel, only its own task fails.
  #send(results: Results): void {
    const { seq, values, began } = results;
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
    results.seq = seq + values.length;
    results.values.length = 0;
    results.began = ended;
  }

  // Earlier results must not wait for a task that may take long.
  #mayTakeLong({ target }: Entry): boolean {
    return (this.#times.get(target) ?? Number.POSITIVE_INFINITY) >= SHORT_MS || now() - this.#turned >= TURN_MS;
  }

  async #turn(): Promise<void> {
    this.#outbox.flush();
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
