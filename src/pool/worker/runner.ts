import type { Callable } from "../../target/target.ts";
import { now, turn } from "../../util/clock.ts";
import { setCurrentTask } from "../current-task.ts";
import { type Entry, Kind, Notice } from "../entries.ts";
import type { WorkerMark } from "../marks.ts";
import { give } from "./generator.ts";
import type { Arrived, Inbox } from "./inbox.ts";
import type { Outbox } from "./outbox.ts";
import { RunningTask } from "./running-task.ts";

/** A target that took longer than this number of milliseconds, the last time, may take long again. */
const SHORT_MS = 1;
/** The event loop turns, and results leave, at least as often as this number of milliseconds. */
const TURN_MS = 10;
/** The worker tells how much memory it uses at most as often as this number of milliseconds. */
const MEMORY_MS = 50;

/** A target, and the arguments of each task of an entry. */
interface Prepared {
  readonly call: Callable;
  args(index: number): unknown[];
}

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
      await this.#runAll(arrived);
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

  async #runAll(arrived: Arrived): Promise<void> {
    const { entry } = arrived;
    const results: Results = { seq: entry.seq, values: [], began: now() };
    let prepared: Prepared | undefined;
    for (let index = 0; index < entry.count; index++) {
      const seq = entry.seq + index;
      if (!this.#mark.begin(seq)) {
        this.#send(results);
        this.#outbox.add(undefined, "", { kind: Kind.skipped, seq, count: entry.count - index });
        return;
      }
      const task = new RunningTask(entry, index, this.#outbox);
      this.#inbox.running = task;
      setCurrentTask(task);
      const began = now();
      try {
        if ((entry.notices & Notice.begun) !== 0) await this.#announce(seq);
        prepared ??= await this.#prepare(arrived);
        const result = Reflect.apply(prepared.call, undefined, prepared.args(index) as never);
        if (entry.kind === Kind.iterate) await give(result, task, this.#outbox);
        results.values.push(entry.kind === Kind.iterate ? undefined : noGenerator(isThenable(result) ? await result : result));
      } catch (error) {
        this.#send(results);
        this.#outbox.addError(error, { kind: Kind.error, seq, count: 1, number: now() - began });
        results.seq = seq + 1;
      } finally {
        task.end();
        setCurrentTask(undefined);
        this.#inbox.running = undefined;
      }
      const ended = now();
      this.#times.set(entry.target, ended - began);
      if (results.values.length === 0) results.began = ended;
      if (ended - this.#turned < TURN_MS) continue;
      this.#send(results);
      await this.#turn();
    }
    this.#send(results);
  }

  // The target is imported first: the arguments may contain instances of classes that its module registers.
  async #prepare({ entry, open }: Arrived): Promise<Prepared> {
    const call = await this.#inbox.targets.get(entry.target);
    const value = await open();
    if ((entry.notices & Notice.opened) !== 0) {
      this.#outbox.add(undefined, "", { kind: Kind.opened, seq: entry.seq, count: 1 });
      this.#outbox.flush();
    }
    const kwargs = entry.kwargs === 0 ? [] : [await this.#inbox.kwargs(entry.kwargs)];
    if (entry.kind === Kind.map) return { call, args: (index) => [(value as unknown[])[index], ...kwargs] };
    if (entry.kind === Kind.starmap) return { call, args: (index) => [...((value as unknown[][])[index] as unknown[]), ...kwargs] };
    if (entry.kind === Kind.apply) return { call, args: () => [...(value as unknown[]), ...kwargs] };
    const { args, lookAhead } = value as { args: unknown[]; lookAhead: number };
    this.#inbox.running?.limit(lookAhead);
    return { call, args: () => [...args, ...kwargs] };
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

  async #announce(seq: number): Promise<void> {
    this.#outbox.add(undefined, "", { kind: Kind.begun, seq, count: 1 });
    await this.#turn();
  }

  #tellMemory(): void {
    const time = now();
    if (time - this.#measured < MEMORY_MS) return;
    this.#measured = time;
    this.#outbox.add(undefined, "", { kind: Kind.memory, number: process.memoryUsage().rss });
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
