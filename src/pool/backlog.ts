import { type Entry, LinkedList } from "../util/linked-list.ts";
import type { Work } from "./work.ts";

/** A call that gives work piece by piece. */
export interface Source<W extends Work> {
  /** The number of tasks that it could give now, or `most` if there are more. */
  tasks(most: number): number;
  /** Returns the next work, or `undefined` if there is none now. A source without work is added again once it has some. */
  next(): W | undefined;
  /** The number of tasks that wait in it, as far as it is known. */
  readonly waiting: number;
  /** Whether it has one task only. */
  readonly isSingle: boolean;
}

/** The place of a source among those that wait for their turn. */
export type Place<W extends Work> = Entry<Source<W>>;

/** The worker that asks for work. */
export interface Asking {
  readonly worker: number;
  /** The number of tasks that it may still take. */
  readonly left: number;
}

/** The number of keys without work whose workers are remembered. */
const MOST_KEYS = 10_000;

/** The work that no worker has yet. Sources take turns. Work that was in a worker before goes first. */
export class Backlog<W extends Work> {
  readonly #again: W[] = [];
  readonly #sources = new LinkedList<Source<W>>();
  // The sources among them that have more than one task. Nearly all have one, and are only counted.
  readonly #many = new Set<Source<W>>();
  // Work with a key whose worker is known waits for that worker.
  readonly #own = new Map<number, W[]>();
  readonly #workerOf = new Map<unknown, number>();
  // The workers whose last work was their own. Own and common work alternate.
  readonly #tookOwn = new Set<number>();
  readonly #has: (worker: number, key: unknown) => boolean;

  /** @param has whether a worker has tasks with a key */
  constructor(has: (worker: number, key: unknown) => boolean) {
    this.#has = has;
  }

  /** Adds a source. Returns its place. */
  add(source: Source<W>): Place<W> {
    if (!source.isSingle) this.#many.add(source);
    return this.#sources.push(source);
  }

  remove(place: Place<W>): void {
    if (this.#sources.remove(place)) this.#many.delete(place.value);
  }

  /** Puts work back that was in a worker before. It goes ahead of all other work. */
  again(works: readonly W[]): void {
    for (const work of works.toReversed()) {
      const bound = work.key === undefined ? undefined : this.#workerOf.get(work.key);
      if (bound === undefined) this.#again.unshift(work);
      else this.#ownOf(bound).unshift(work);
    }
  }

  /** Whether work waits. */
  get isWaiting(): boolean {
    return this.tasks(1) > 0;
  }

  hasOwn(worker: number): boolean {
    return (this.#own.get(worker)?.length ?? 0) > 0;
  }

  /** The number of tasks that wait, or `most` if there are more. */
  tasks(most: number): number {
    let tasks = 0;
    for (const work of this.#again) {
      if (!work.isOver) tasks += work.size;
      if (tasks >= most) return most;
    }
    for (const own of this.#own.values())
      for (const work of own) {
        if (!work.isOver) tasks += work.size;
        if (tasks >= most) return most;
      }
    for (const source of this.#sources) {
      tasks += source.tasks(most - tasks);
      if (tasks >= most) return most;
    }
    return tasks;
  }

  /** The number of all tasks that wait, as far as it is known. */
  get size(): number {
    let size = 0;
    for (const work of [...this.#again, ...[...this.#own.values()].flat()]) if (!work.isOver) size += work.size;
    size += this.#sources.size - this.#many.size;
    for (const source of this.#many) size += source.waiting;
    return size;
  }

  /** Returns the next work for a worker, if there is any. */
  next(asking: Asking): W | undefined {
    const { worker } = asking;
    const own = this.#own.get(worker);
    if (own !== undefined && !this.#tookOwn.delete(worker)) {
      this.#tookOwn.add(worker);
      const work = this.#ownWork(worker, own, asking);
      if (work !== undefined) return work;
    }
    const common = this.#common(asking);
    if (common !== undefined || own === undefined) return common;
    return this.#ownWork(worker, own, asking);
  }

  /** A worker leaves. Its keys will find another worker. `works` are those that it has not begun. */
  leave(worker: number, works: readonly W[]): void {
    const own = this.#own.get(worker) ?? [];
    this.#own.delete(worker);
    this.#tookOwn.delete(worker);
    for (const [key, bound] of this.#workerOf) if (bound === worker) this.#workerOf.delete(key);
    this.again([...works, ...own]);
  }

  /** Drops work that nobody waits for. */
  drop(): void {
    dropFrom(this.#again);
    for (const own of this.#own.values()) dropFrom(own);
  }

  #ownWork(worker: number, own: W[], { left }: Asking): W | undefined {
    for (let work = own.shift(); work !== undefined; work = own.shift()) {
      if (!work.isOver) return this.#atMost(work, left, (rest) => own.unshift(rest));
      work.drop();
    }
    this.#own.delete(worker);
    return undefined;
  }

  #common(asking: Asking): W | undefined {
    for (let work = this.#again.shift(); work !== undefined; work = this.#again.shift())
      if (this.#suits(work, asking)) return this.#atMost(work, asking.left, (rest) => this.#again.unshift(rest));
    for (let place = this.#sources.firstEntry; place !== undefined; place = this.#sources.firstEntry) {
      const work = place.value.next();
      if (work !== undefined && place.value.tasks(1) > 0) this.#sources.moveToEnd(place);
      else this.remove(place);
      if (work === undefined) continue;
      if (this.#suits(work, asking)) return this.#atMost(work, asking.left, (rest) => this.#again.unshift(rest));
    }
    return undefined;
  }

  // Whether this worker may take the work now. Otherwise the work is dropped, or waits for another worker.
  #suits(work: W, asking: Asking): boolean {
    if (!work.isOver) return this.#isFor(work, asking);
    work.drop();
    return false;
  }

  // Whether this worker may take the work. If its key belongs to another worker, the work waits for that one.
  #isFor(work: W, { worker }: Asking): boolean {
    if (work.key === undefined) return true;
    const bound = this.#workerOf.get(work.key) ?? worker;
    // The keys that were used last are at the end.
    this.#workerOf.delete(work.key);
    this.#workerOf.set(work.key, bound);
    if (this.#workerOf.size > MOST_KEYS) this.#forgetKey();
    // Earlier work with this key may wait for the same worker.
    if (bound === worker && this.#own.get(worker)?.some(({ key }) => key === work.key) !== true) return true;
    this.#ownOf(bound).push(work);
    return false;
  }

  #ownOf(worker: number): W[] {
    const own = this.#own.get(worker) ?? [];
    this.#own.set(worker, own);
    return own;
  }

  #forgetKey(): void {
    const waiting = new Set([...this.#own.values()].flat().map(({ key }) => key));
    for (const [key, worker] of this.#workerOf) {
      if (waiting.has(key) || this.#has(worker, key)) continue;
      this.#workerOf.delete(key);
      return;
    }
  }

  #atMost(work: W, most: number, rest: (work: W) => void): W {
    const size = Math.max(1, Math.floor(most / work.chunk)) * work.chunk;
    if (work.size <= size) return work;
    rest(work.part(size, work.size) as W);
    return work.part(0, size) as W;
  }
}

function dropFrom(works: Work[]): void {
  const over = works.filter(({ isOver }) => isOver);
  if (over.length === 0) return;
  works.splice(0, works.length, ...works.filter(({ isOver }) => !isOver));
  for (const work of over) work.drop();
}
