import type { TaskAt, TasksAt, Work } from "./work.ts";

/** A worker gets more work than what it runs as long as all of that will probably take no more than this number of milliseconds. */
const AHEAD_MS = 4;
const MOST_AHEAD = 512;
/** Behind work that will probably take no more than this number of milliseconds, one more is handed ahead, so that the worker need not wait for it. */
const NEXT_AHEAD_MS = 50;

interface Handed<W> {
  readonly work: W;
  /** The time in milliseconds that each of its tasks will probably take, if that is known. */
  readonly pace: number | undefined;
  /** The number of its first task. */
  readonly seq: number;
  /** The number after its last task. */
  end: number;
}

/** The tasks of one worker that are handed to it and not settled. They have consecutive numbers, and the worker runs them in this order. */
export class Post<W extends Work> {
  readonly worker: number;
  state: "starting" | "ready" | "retired" = "starting";
  readonly #most: number;
  readonly #takesAhead: boolean;
  readonly #works: Handed<W>[] = [];
  // The number of the first task that is not settled.
  #first = 1;
  // The number of the next task that is handed out.
  #next = 1;
  // The number after the last task that is not taken back. The tasks from here to `#next` are refused by the worker one day.
  #end = 1;
  #isLimited = false;
  // The number of the first task that was not settled at the last look.
  #seen = 0;
  // The time in milliseconds that its tasks will probably take, and the number of works for which that is not known.
  #time = 0;
  #unknown = 0;

  /**
   * @param most the number of tasks after which the worker ends
   * @param takesAhead whether it gets more while it has some
   */
  constructor(worker: number, most: number, takesAhead = true) {
    this.#takesAhead = takesAhead;
    this.worker = worker;
    this.#most = most;
  }

  /** The number of the first task that is not settled. */
  get first(): number {
    return this.#first;
  }

  /** The number after the last task. */
  get end(): number {
    return this.#end;
  }

  /** The number of tasks. */
  get size(): number {
    return this.#end - this.#first;
  }

  /** Whether it has no tasks, and has refused all that were taken back. */
  get isEmpty(): boolean {
    return this.#first === this.#next;
  }

  /** The number of tasks that were handed to the worker so far. */
  get handed(): number {
    return this.#next - 1;
  }

  /** The number of tasks that it may still get. */
  get left(): number {
    return this.#most - this.handed;
  }

  /** Whether the worker may be forbidden to begin tasks. */
  get isLimited(): boolean {
    return this.#isLimited;
  }

  /**
   * The number from which on tasks should move to another worker that has none: about half of those that have not begun. `undefined` if none
   * can move.
   */
  get half(): number | undefined {
    if (this.#isLimited || this.size < 2) return undefined;
    const last = this.#works.at(-1) as Handed<W>;
    if (last.work.key !== undefined) return undefined;
    const half = this.#end - Math.ceil((this.size - 1) / 2);
    // The first chunk that begins there or later, if there is one, and otherwise the last one before.
    const next = this.#chunkFrom(half);
    const from = next < this.#end ? next : next - (this.#handedAt(half)?.work.chunk ?? 1);
    return from > this.#first ? from : undefined;
  }

  /** The time in milliseconds that the work behind the first one will probably take. */
  get timeAhead(): number {
    const [handed] = this.#works;
    return handed === undefined ? 0 : this.#time - (handed.pace ?? 0) * (handed.end - Math.max(handed.seq, this.#first));
  }

  /**
   * Looks whether a task has settled since the last look. If not, returns the number from which on tasks should move to other workers: the
   * next chunk behind the task that takes so long. `undefined` if none should move.
   */
  look(): number | undefined {
    const isStuck = this.#seen === this.#first && !this.#isLimited;
    this.#seen = this.#first;
    const from = isStuck && this.size > 1 ? this.#chunkFrom(this.#first + 1) : this.#end;
    return from < this.#end ? from : undefined;
  }

  /** Whether the worker should get more tasks. */
  get hasRoom(): boolean {
    if (this.left <= 0) return false;
    if (this.isEmpty) return true;
    if (!this.#takesAhead || this.#isLimited || this.size >= MOST_AHEAD || this.#unknown > 0) return false;
    return this.#time < AHEAD_MS || (this.#works.length === 1 && this.#time <= NEXT_AHEAD_MS);
  }

  /** Adds work. Returns the number of its first task. */
  push(work: W): number {
    const seq = this.#next;
    this.#next += work.size;
    this.#end = this.#next;
    const pace = work.time === undefined ? undefined : work.time / work.size;
    const handed = { work, pace, seq, end: this.#next };
    this.#works.push(handed);
    this.#count(handed, work.size, 1);
    return seq;
  }

  /** Returns the work that has the task with this number. */
  at(seq: number): TaskAt<W> | undefined {
    const handed = this.#handedAt(seq);
    return handed === undefined ? undefined : { work: handed.work, index: seq - handed.seq };
  }

  /** The number of the first task that is not settled and whose work matches. */
  find(matches: (work: W) => boolean): number | undefined {
    const handed = this.#works.find(({ work }) => matches(work));
    return handed === undefined ? undefined : Math.max(handed.seq, this.#first);
  }

  /** Removes the first tasks. */
  shift(count: number): TasksAt<W>[] {
    const tasks: TasksAt<W>[] = [];
    for (let left = count; left > 0; ) {
      const [handed] = this.#works;
      if (handed === undefined) break;
      const some = Math.min(left, handed.end - this.#first);
      tasks.push({ work: handed.work, index: this.#first - handed.seq, count: some });
      this.#first += some;
      left -= some;
      this.#count(handed, -some, 0);
      if (this.#first >= handed.end) {
        this.#works.shift();
        this.#count(handed, 0, -1);
      }
    }
    return tasks;
  }

  /** Removes the tasks from this number on, and returns them as works. */
  cut(from: number): W[] {
    const works: W[] = [];
    for (let last = this.#works.at(-1); last !== undefined && last.end > from; last = this.#works.at(-1)) {
      const start = Math.max(from, last.seq, this.#first);
      const { work, seq, end } = last;
      works.unshift(start === seq && end === seq + work.size ? work : (work.part(start - seq, end - seq) as W));
      this.#count(last, start - last.end, 0);
      last.end = start;
      if (start > Math.max(last.seq, this.#first)) break;
      this.#works.pop();
      this.#count(last, 0, -1);
    }
    this.#end = Math.max(this.#first, Math.min(this.#end, from));
    return works;
  }

  /** Removes the tasks from this number on, which the worker will refuse. */
  limit(from: number): W[] {
    this.#isLimited = true;
    return this.cut(from);
  }

  /** The worker has refused the tasks before this number. */
  refused(before: number): void {
    if (before > this.#end) this.#first = Math.min(before, this.#next);
    if (this.#first > this.#end) this.#end = this.#first;
  }

  unlimit(): void {
    this.#isLimited = false;
  }

  #handedAt(seq: number): Handed<W> | undefined {
    return this.#works.find((each) => seq >= each.seq && seq < each.end);
  }

  // The number of the first task from `seq` on that begins a chunk.
  #chunkFrom(seq: number): number {
    const handed = this.#handedAt(seq);
    return handed === undefined ? this.#end : handed.seq + Math.ceil((seq - handed.seq) / handed.work.chunk) * handed.work.chunk;
  }

  #count({ pace }: Handed<W>, tasks: number, works: number): void {
    if (pace === undefined) this.#unknown += works;
    else this.#time = this.size === 0 ? 0 : this.#time + pace * tasks;
  }
}
