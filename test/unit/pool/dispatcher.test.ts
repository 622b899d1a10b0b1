// Seeded schedules of the pool's dispatcher: workers that begin, settle, refuse and die at any moment, and calls that are given up.
import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { Dispatcher, type Hands } from "../../../src/pool/dispatcher.ts";
import type { Work } from "../../../src/pool/work.ts";
import { Random } from "../../../tools/random.ts";

const SCHEDULES = 3000;

interface Call {
  isOver: boolean;
  readonly key: unknown;
  readonly time: number | undefined;
}

class TestWork implements Work {
  readonly call: Call;
  readonly tasks: readonly number[];
  readonly chunk: number;

  constructor(call: Call, tasks: readonly number[], chunk: number) {
    this.call = call;
    this.tasks = tasks;
    this.chunk = chunk;
  }

  get size(): number {
    return this.tasks.length;
  }
  get key(): unknown {
    return this.call.key;
  }
  get time(): number | undefined {
    return this.call.time === undefined ? undefined : this.call.time * this.size;
  }
  get isOver(): boolean {
    return this.call.isOver;
  }
  drop(): void {}
  part(start: number, end: number): TestWork {
    return new TestWork(this.call, this.tasks.slice(start, end), this.chunk);
  }
}

/** A worker as the dispatcher's hands see it. Its mark has the same rules as a real one. */
class TestWorker {
  readonly number: number;
  isStarted = false;
  isRetired = false;
  begun = 0;
  limit = 0;
  next = 1;
  /** The tasks that were handed to it. The index is the task's number. */
  readonly handed: { readonly work: TestWork; readonly task: number }[] = [];
  running: number | undefined;
  /** What it has told and the dispatcher has not heard yet: tasks that have settled, or that were refused. */
  told: { readonly seq: number; readonly isRefused: boolean }[] = [];

  constructor(number: number) {
    this.number = number;
  }
}

class World implements Hands<TestWork> {
  readonly random: Random;
  readonly workers = new Map<number, TestWorker>();
  readonly dispatcher: Dispatcher<TestWork>;
  readonly fates = new Map<number, string[]>();
  readonly begun: { readonly task: number; readonly worker: number }[] = [];
  readonly max: number;
  readonly maxTasks: number;
  /** How probable it is that what a worker tells is heard at once. */
  readonly hears: number;
  #workers = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.max = 1 + this.random.int(4);
    this.maxTasks = this.random.chance(0.3) ? 1 + this.random.int(8) : Number.POSITIVE_INFINITY;
    this.hears = this.random.pick([0.2, 0.6, 1]);
    this.dispatcher = new Dispatcher<TestWork>(this, { min: 0, max: this.max, maxTasks: this.maxTasks });
  }

  start(): number {
    const worker = new TestWorker(++this.#workers);
    this.workers.set(worker.number, worker);
    assert.ok([...this.workers.values()].filter(({ isRetired }) => !isRetired).length <= this.max);
    return worker.number;
  }

  hand(number: number, work: TestWork, seq: number): void {
    const worker = this.workers.get(number) as TestWorker;
    assert.equal(work.isOver, false);
    assert.equal(worker.isRetired, false);
    assert.ok([...this.dispatcher.posts].filter(({ isEmpty }) => !isEmpty).length <= this.max);
    for (const [i, task] of work.tasks.entries()) {
      assert.equal(worker.handed[seq + i], undefined);
      worker.handed[seq + i] = { work, task };
    }
  }

  takeBack(number: number, from: number): number {
    const worker = this.workers.get(number) as TestWorker;
    worker.limit = from;
    return Math.max(from, worker.begun + 1);
  }

  allow(number: number): void {
    const worker = this.workers.get(number) as TestWorker;
    assert.equal(worker.next, Math.max(1, worker.handed.length));
    worker.limit = 0;
  }

  retire(number: number): void {
    (this.workers.get(number) as TestWorker).isRetired = true;
  }

  note(task: number, fate: string): void {
    const fates = this.fates.get(task) ?? [];
    fates.push(fate);
    this.fates.set(task, fates);
  }

  /** One step of a worker. */
  step(worker: TestWorker): void {
    if (!worker.isStarted) {
      worker.isStarted = true;
      this.dispatcher.ready(worker.number);
      return;
    }
    const seq = worker.running;
    if (seq !== undefined) {
      worker.running = undefined;
      worker.next = seq + 1;
      this.#tell(worker, seq, false);
      return;
    }
    const next = worker.handed[worker.next];
    if (next === undefined) {
      this.#hear(worker);
      if (worker.isRetired) this.#end(worker);
      return;
    }
    // The mark is written first, and the limit read afterwards: a take-back may come in between.
    const before = worker.begun;
    worker.begun = worker.next;
    if (this.random.chance(0.2)) this.#disturb();
    if (worker.limit !== 0 && worker.next >= worker.limit) {
      worker.begun = before;
      this.#tell(worker, worker.next++, true);
      return;
    }
    worker.running = worker.next;
    this.begun.push({ task: next.task, worker: worker.number });
  }

  /** A worker is killed. What it has told may be on its way, or not have left yet. */
  die(worker: TestWorker): void {
    if (this.random.chance(0.5)) this.#hear(worker);
    this.workers.delete(worker.number);
    for (const { work, index } of this.dispatcher.died(worker.number, worker.begun)) {
      const task = work.tasks[index] as number;
      assert.ok(
        this.begun.some((each) => each.task === task),
        `task ${task} was lost, and had not begun`,
      );
      this.note(task, work.isOver ? "over" : "lost");
    }
  }

  // Results leave together, so the dispatcher may hear of them when the worker has gone on already.
  #tell(worker: TestWorker, seq: number, isRefused: boolean): void {
    worker.told.push({ seq, isRefused });
    if (this.random.chance(this.hears)) this.#hear(worker);
  }

  #hear(worker: TestWorker): void {
    while (worker.told.length > 0) {
      const [{ seq, isRefused }] = worker.told as [TestWorker["told"][number]];
      let count = 1;
      while (worker.told[count]?.isRefused === isRefused && this.random.chance(0.7)) count++;
      worker.told.splice(0, count);
      if (isRefused) this.dispatcher.skipped(worker.number, seq, count);
      else this.#settle(worker, seq, count);
    }
  }

  #settle(worker: TestWorker, seq: number, count: number): void {
    const settled = this.dispatcher.settled(worker.number, seq, count);
    const tasks = settled.flatMap(({ work, index, count }) => work.tasks.slice(index, index + count));
    const handed = worker.handed.slice(seq, seq + count);
    assert.deepEqual(
      tasks,
      handed.map(({ task }) => task),
    );
    for (const { work, task } of handed) this.note(task, work.isOver ? "over" : "settled");
  }

  /** The task that a worker runs was given up, and the worker is killed for it. No other task is lost. */
  killAt(worker: TestWorker): void {
    const seq = worker.running;
    if (seq === undefined || !this.dispatcher.holdAt(worker.number, seq)) return;
    this.workers.delete(worker.number);
    const { work, task } = worker.handed[seq] as { work: TestWork; task: number };
    const lost = this.dispatcher.died(worker.number, worker.begun);
    assert.deepEqual(
      lost.map(({ work: { tasks }, index }) => tasks[index]),
      [task],
    );
    this.note(task, work.isOver ? "over" : "lost");
  }

  /** A message with some of the last tasks is not sent, and what follows it neither. */
  loseMessage(worker: TestWorker): void {
    const first = Math.max(worker.next, worker.begun + 1);
    const handed = worker.handed.length - first;
    if (handed <= 0) return;
    const seq = first + this.random.int(handed);
    const count = 1 + this.random.int(worker.handed.length - seq);
    worker.handed.length = seq;
    for (const { work, index } of this.dispatcher.unsent(worker.number, seq, count))
      this.note(work.tasks[index] as number, work.isOver ? "over" : "unsent");
  }

  #end(worker: TestWorker): void {
    this.workers.delete(worker.number);
    assert.deepEqual(this.dispatcher.died(worker.number, worker.begun), []);
  }

  #disturb(): void {
    if (this.random.chance(0.5)) this.dispatcher.rebalance();
    else this.dispatcher.drop();
  }
}

function run(seed: number): void {
  const world = new World(seed);
  const { random, dispatcher } = world;
  const calls: { readonly call: Call; readonly tasks: number[] }[] = [];
  let tasks = 0;
  const make = (): void => {
    const call: Call = {
      isOver: false,
      key: random.chance(0.3) ? 1 + random.int(3) : undefined,
      time: random.chance(0.6) ? random.pick([0, 1, 3, 20, 100]) : undefined,
    };
    const all = Array.from({ length: 1 + random.int(12) }, () => ++tasks);
    calls.push({ call, tasks: all });
    const size = 1 + random.int(5);
    const chunk = 1 + random.int(3);
    let at = 0;
    dispatcher.add({
      tasks: (most) => (call.isOver ? 0 : Math.min(most, all.length - at)),
      isSingle: all.length === 1,
      get waiting() {
        return call.isOver ? 0 : all.length - at;
      },
      next: () => {
        if (call.isOver || at === all.length) return undefined;
        const some = all.slice(at, at + size);
        at += some.length;
        return new TestWork(call, some, chunk);
      },
    });
  };
  for (let step = 0; step < 150; step++) {
    if (random.chance(0.15)) make();
    const worker = [...world.workers.values()][random.int(Math.max(1, world.workers.size))];
    if (worker !== undefined && random.chance(0.03)) world.die(worker);
    else if (worker !== undefined) world.step(worker);
    if (worker !== undefined && random.chance(0.03)) world.killAt(worker);
    if (worker !== undefined && random.chance(0.02)) world.loseMessage(worker);
    if (random.chance(0.05)) {
      const given = calls[random.int(Math.max(1, calls.length))];
      if (given !== undefined) given.call.isOver = true;
      dispatcher.drop();
    }
    if (random.chance(0.1)) dispatcher.rebalance();
    if (random.chance(0.1)) dispatcher.relieve();
    if (random.chance(0.02) && worker !== undefined) dispatcher.retire(worker.number);
    if (random.chance(0.7)) dispatcher.dispatch();
  }
  for (let step = 0; step < 5000 && (dispatcher.isBusy || dispatcher.waiting > 0); step++) {
    dispatcher.dispatch();
    for (const worker of [...world.workers.values()]) world.step(worker);
  }
  assert.equal(dispatcher.waiting, 0);
  assert.equal(dispatcher.isBusy, false);
  // No task begins twice.
  assert.equal(new Set(world.begun.map(({ task }) => task)).size, world.begun.length);
  for (const { call, tasks: all } of calls)
    for (const task of all) {
      const fates = world.fates.get(task) ?? [];
      assert.ok(fates.length === 1 || (call.isOver && fates.length === 0), `task ${task}: ${fates.join(", ")}`);
    }
  checkKeys(world, calls);
}

// Tasks of one key begin in their order, whatever worker they are in.
function checkKeys({ begun }: World, calls: readonly { readonly call: Call; readonly tasks: readonly number[] }[]): void {
  const keyOf = new Map(calls.flatMap(({ call, tasks }) => tasks.map((task) => [task, call] as const)));
  for (const { call, tasks } of calls) {
    if (call.key === undefined) continue;
    const order = begun.map(({ task }) => task).filter((task) => keyOf.get(task) === call);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => tasks.indexOf(a) - tasks.indexOf(b)),
    );
  }
}

describe("the dispatcher", () => {
  it("does not hold a worker at a task after which it has begun another one", () => {
    const world = new World(2);
    const call: Call = { isOver: false, key: undefined, time: 0.01 };
    const works = [1, 2, 3].map((task) => new TestWork(call, [task], 1));
    world.dispatcher.add({ tasks: (most) => Math.min(most, works.length), waiting: 0, isSingle: false, next: () => works.shift() });
    world.dispatcher.dispatch();
    const [worker] = world.workers.values() as Iterable<TestWorker> as [TestWorker];
    world.step(worker);
    world.dispatcher.dispatch();
    worker.begun = 2;
    expect(world.dispatcher.holdAt(worker.number, 1)).toBe(false);
    expect(world.dispatcher.holdAt(worker.number, 2)).toBe(false);
  });
  it("takes a task back that waits behind one which does not end, and gives it to another worker", () => {
    const world = new World(3);
    const call: Call = { isOver: false, key: undefined, time: 20 };
    const works = [1, 2, 3, 4].map((task) => new TestWork(call, [task], 1));
    const handed = (): number[][] => [...world.workers.values()].map(({ handed: each }) => each.slice(1).map(({ task }) => task));
    world.dispatcher.add({ tasks: (most) => Math.min(most, works.length), waiting: 0, isSingle: false, next: () => works.shift() });
    world.dispatcher.dispatch();
    const workers = [...world.workers.values()];
    expect(workers).toHaveLength(2);
    for (const worker of workers) {
      worker.isStarted = true;
      world.dispatcher.ready(worker.number);
    }
    world.dispatcher.dispatch();
    expect(handed().flat().toSorted()).toEqual([1, 2, 3, 4]);
    for (const worker of workers) worker.begun = 1;
    world.dispatcher.relieve();
    expect(world.dispatcher.waiting).toBe(0);
    world.dispatcher.relieve();
    expect(world.dispatcher.waiting).toBe(2);
  });
  it(`settles each task once in ${SCHEDULES} schedules`, () => {
    const first = Number(process.env.POOL_SEED ?? 1);
    for (let seed = first; seed < first + SCHEDULES; seed++) {
      try {
        run(seed);
      } catch (error) {
        throw new Error(`Seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});
