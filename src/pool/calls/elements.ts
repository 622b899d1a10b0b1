import { now } from "../../util/clock.ts";
import { describe } from "../../util/describe.ts";
import { TaskWork } from "../task-work.ts";
import type { CallHost, PoolCall } from "./call.ts";

/** A chunk of unknown size lasts about this number of milliseconds. */
const CHUNK_MS = 10;
const MOST_IN_CHUNK = 10_000;
/** Chunks of a given size travel together as long as all of them last no longer than this number of milliseconds. */
const TOGETHER_MS = 2;
const MOST_TOGETHER = 256;
/** So many elements of an async iterable are taken ahead, if there is room for them. */
const AHEAD = 1000;
/** As in Python, a map over an iterable of known length makes so many chunks for each worker. */
const CHUNKS_A_WORKER = 4;

export type Elements = Iterable<unknown> | AsyncIterable<unknown>;

export interface ChunkRules {
  readonly kind: number;
  /** The number of elements in a chunk. Without it, it is chosen. */
  readonly chunkSize: number | undefined;
  /** Whether an iterable of known length is parted into as many chunks as in Python. */
  readonly likePython: boolean;
  /** Returns the number of elements that may be taken now, counted from the first one. */
  mayTake(): number;
}

/** Throws `TypeError` for what is no iterable. */
export function checkIterable(elements: unknown): asserts elements is Elements {
  const given = elements as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
  if (typeof given?.[Symbol.iterator] === "function" || typeof given?.[Symbol.asyncIterator] === "function") return;
  throw new TypeError(`The elements must be an iterable, received ${describe(elements)}.`);
}

/** Takes the elements of a map from their iterable, and makes chunks of them. */
export class Chunks {
  /** The number of elements, if it is known. */
  total: number | undefined;
  readonly #call: PoolCall;
  readonly #host: CallHost;
  readonly #rules: ChunkRules;
  readonly #sync: Iterator<unknown> | undefined;
  // The elements, if they are a plain array: its iterator would give the same, more slowly. As in Python, a map takes them all at once.
  readonly #array: readonly unknown[] | undefined;
  readonly #async: AsyncIterator<unknown> | undefined;
  readonly #chunkSize: number | undefined;
  #taken: unknown[] = [];
  #next = 0;
  #isDone = false;
  #isPulling = false;
  // So many of the first elements are from a chunk that could not be encoded. They go in smaller chunks, so that only those fail that can't travel.
  #doubtful = 0;
  #mostDoubtful = 1;

  constructor(call: PoolCall, host: CallHost, elements: Elements, rules: ChunkRules) {
    this.#call = call;
    this.#host = host;
    this.#rules = rules;
    this.#async = (elements as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator]?.();
    this.#sync = this.#async === undefined ? (elements as Iterable<unknown>)[Symbol.iterator]() : undefined;
    this.#array = isPlainArray(elements) ? (rules.likePython ? elements.slice() : elements) : undefined;
    this.total = lengthOf(elements);
    const even = this.total === undefined || !rules.likePython ? undefined : Math.ceil(this.total / (host.workers * CHUNKS_A_WORKER));
    this.#chunkSize = rules.chunkSize ?? (even === undefined ? undefined : Math.max(1, even));
    if (this.total === 0) this.#isDone = true;
  }

  /** The number of elements that were taken so far. */
  get count(): number {
    return this.#next + this.#taken.length;
  }

  /** The number of elements that are in no chunk yet, as far as it is known. */
  get waiting(): number {
    return this.total === undefined ? this.#taken.length : this.total - this.#next;
  }

  /** Whether all elements were taken and are in chunks. */
  get isEmpty(): boolean {
    return this.#isDone && this.#taken.length === 0;
  }

  /** The number of elements in the next chunk. */
  get size(): number {
    if (this.#chunkSize !== undefined) return this.#chunkSize;
    const { pace } = this.#call.target;
    return pace === undefined ? 1 : Math.max(1, Math.min(MOST_IN_CHUNK, Math.floor(CHUNK_MS / Math.max(pace, 1e-6))));
  }

  // Whether elements can go to a worker. A chunk of a given size waits until it is full, or nothing may be added to it.
  get #hasChunk(): boolean {
    const { length } = this.#taken;
    const { chunkSize = 1 } = this.#rules;
    return length > 0 && (length >= chunkSize || this.#doubtful > 0 || this.#isDone || this.count >= this.#rules.mayTake());
  }

  /** The number of elements that are there now, or `most` if there are more. */
  tasks(most: number): number {
    this.#take(Math.max(most, this.#rules.chunkSize ?? 1));
    return this.#hasChunk ? Math.min(most, this.#taken.length) : 0;
  }

  /** Returns the next chunk. */
  next(): TaskWork | undefined {
    for (;;) {
      const size = this.#doubtful > 0 ? Math.min(this.#mostDoubtful, this.#doubtful) : this.#takeChunks();
      if (!this.#hasChunk) return undefined;
      const elements = this.#cut(size);
      const work = this.#make(elements);
      if (work !== undefined) return work;
      if (this.#call.isOver) return undefined;
    }
  }

  // Returns the first elements that are in no chunk yet. The last chunk of a given size stays if it is not full, and may become so: its elements run
  // in one worker.
  #cut(most: number): unknown[] {
    const { length } = this.#taken;
    const { chunkSize = 1 } = this.#rules;
    const isOpen = most >= length && length > chunkSize && !this.#isDone && this.count < this.#rules.mayTake();
    const size = isOpen ? length - (length % chunkSize) : most;
    if (size < length) return this.#taken.splice(0, size);
    const all = this.#taken;
    this.#taken = [];
    return all;
  }

  // Takes elements, and returns the number of those that may go to a worker together. Small chunks of a given size travel together, as long as
  // each worker gets as many.
  #takeChunks(): number {
    const { chunkSize } = this.#rules;
    const { pace } = this.#call.target;
    const { size } = this;
    const chunks =
      chunkSize === undefined || pace === undefined ? 1 : Math.floor(Math.min(TOGETHER_MS / (pace * size), MOST_TOGETHER / size));
    if (chunks <= 1) {
      this.#take(size);
      return size;
    }
    const { workers } = this.#host;
    this.#take(chunks * size * workers);
    const fair = Math.ceil(this.#taken.length / (size * workers));
    return size * Math.max(1, Math.min(chunks, fair));
  }

  /** Takes elements of an async iterable as long as there is room for them. */
  pull(): void {
    if (this.#async !== undefined && !this.#isPulling && !this.#isDone) void this.#pull(this.#async);
  }

  /** Tells the iterable that no more elements are wanted. */
  close(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    try {
      // What it throws or rejects with comes too late to be told to anybody.
      const closed: unknown = this.#sync?.return?.() ?? this.#async?.return?.();
      if (closed instanceof Promise) closed.catch(() => {});
    } catch {}
  }

  #make(elements: unknown[]): TaskWork | undefined {
    const { kind } = this.#rules;
    const first = this.#next;
    this.#next += elements.length;
    const fields = { kind, first, size: elements.length, attempt: 1, since: now(), isIndexed: true };
    try {
      const work = TaskWork.make(this.#call, elements, "elements", { ...fields, task: this.#host.number(elements.length) });
      this.#doubtful = Math.max(0, this.#doubtful - elements.length);
      this.#mostDoubtful = 2 * elements.length;
      return work;
    } catch (error) {
      if (elements.length === 1) {
        this.#doubtful = Math.max(0, this.#doubtful - 1);
        this.#call.failed(first, error);
        return undefined;
      }
      this.#next = first;
      this.#doubtful = Math.max(this.#doubtful, elements.length);
      this.#mostDoubtful = Math.ceil(elements.length / 2);
      this.#taken = elements.concat(this.#taken);
      return undefined;
    }
  }

  #take(most: number): void {
    if (this.#sync === undefined) {
      this.pull();
      return;
    }
    const end = Math.min(this.#next + most, this.#rules.mayTake());
    try {
      if (this.#array !== undefined) return this.#takeFrom(this.#array, end);
      while (!this.#isDone && this.count < end) {
        const { done, value } = this.#sync.next();
        if (done === true) this.#end();
        else this.#taken.push(value);
      }
    } catch (error) {
      this.#isDone = true;
      this.#call.giveUp(error);
    }
  }

  #takeFrom(array: readonly unknown[], end: number): void {
    const { count } = this;
    if (this.#isDone || count >= end) return;
    const more = array.slice(count, end);
    if (this.#taken.length <= more.length) this.#taken = this.#taken.concat(more);
    else for (const element of more) this.#taken.push(element);
    if (more.length < end - count) this.#end();
  }

  // A first chunk is always taken. It gets its turn, and then there is another look for room.
  get #mayPull(): boolean {
    const { length } = this.#taken;
    if (length >= AHEAD || this.count >= this.#rules.mayTake()) return false;
    return length < (this.#rules.chunkSize ?? 1) || this.#host.hasRoom;
  }

  async #pull(iterator: AsyncIterator<unknown>): Promise<void> {
    this.#isPulling = true;
    try {
      while (!this.#isDone && this.#mayPull) {
        const { done, value } = await iterator.next();
        if (this.#isDone) break;
        if (done === true) {
          this.#end();
          break;
        }
        const hadChunk = this.#hasChunk;
        this.#taken.push(value);
        if (!hadChunk && this.#hasChunk) this.#call.offer();
      }
    } catch (error) {
      this.#isDone = true;
      this.#call.giveUp(error);
    } finally {
      this.#isPulling = false;
    }
    if (!this.#isDone) return;
    // The last chunk may be smaller than the others.
    if (this.#taken.length > 0) this.#call.offer();
    this.#call.values(0, []);
  }

  #end(): void {
    this.#isDone = true;
    this.total = this.count;
  }
}

const arrayIterator: unknown = Array.prototype[Symbol.iterator];

function isPlainArray(elements: Elements): elements is unknown[] {
  return (
    Array.isArray(elements) &&
    Object.getPrototypeOf(elements) === Array.prototype &&
    (elements as Iterable<unknown>)[Symbol.iterator] === arrayIterator
  );
}

function lengthOf(elements: Elements): number | undefined {
  if (Array.isArray(elements) || ArrayBuffer.isView(elements)) return (elements as { length?: number }).length;
  return elements instanceof Set || elements instanceof Map ? elements.size : undefined;
}
