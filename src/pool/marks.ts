import { join } from "node:path";
import type { NumbersPort } from "../backend/contract/numbers.ts";
import { BEGUN, keepFolder, remove } from "../tree/folder.ts";
import { tree } from "../tree/tree.ts";
import { fs } from "../util/lazy-modules.ts";
import { randomName } from "../util/random.ts";

// A mark is two numbers that a worker and its parent share: the last task that the worker has begun, and the first one that it may not begin
// (0 if there is none). The worker writes the first number before it calls the target, and then looks at the second one. The parent writes
// the second number, and then looks at the first one. So if the worker begins a task that is being taken back, one of them notices.
// Both can do this while the other one computes, and the first number is still there when the worker was killed.

/** The parent's side of a mark. */
export interface ParentMark {
  /** Returns the last task that the worker has begun; 0 before the first one. */
  begun(): number;
  /**
   * Forbids the worker to begin tasks from `from` on. Returns the first task that it has not begun. If that is above `from`, the task before
   * it may still be refused.
   */
  limit(from: number): number;
  /** Lets the worker begin all tasks. */
  unlimit(): void;
  close(): void;
}

/** The worker's side of a mark. */
export interface WorkerMark {
  /** Notes that a task begins. Returns false if it may not begin. */
  begin(task: number): boolean;
}

const LOW = 0xffff_ffffn;

/** Both numbers in one shared number of 64 bits: the first one in the lower half. */
export class SharedMark implements ParentMark, WorkerMark {
  readonly #word: NumbersPort;
  readonly #halves: Int32Array | undefined;
  #last = 0;

  /** @param word an `u64` in memory that both processes have */
  constructor(word: NumbersPort) {
    this.#word = word;
    this.#halves = halvesOf(word);
  }

  begin(task: number): boolean {
    const halves = this.#halves;
    if (halves === undefined) {
      const limit = Number(this.#operate("add", BigInt(task - this.#last)) >> 32n);
      this.#last = task;
      return limit === 0 || task < limit;
    }
    Atomics.store(halves, 0, task);
    const limit = Atomics.load(halves, 1);
    if (limit === 0 || task < limit) {
      this.#last = task;
      return true;
    }
    // The task before it may have been refused, too.
    Atomics.store(halves, 0, this.#last);
    return false;
  }

  begun(): number {
    return Number(this.#operate("load") & LOW);
  }

  limit(from: number): number {
    for (;;) {
      const before = this.#operate("load");
      const begun = before & LOW;
      const kept = Math.max(from, Number(begun) + 1);
      if (this.#operate("compareExchange", (BigInt(kept) << 32n) | begun, before) === before) return kept;
    }
  }

  unlimit(): void {
    this.#operate("and", LOW);
  }

  close(): void {
    this.#word.release();
  }

  #operate(operation: Parameters<NumbersPort["operate"]>[0], operand = 0n, expected = 0n): bigint {
    return this.#word.operateNow?.(operation, operand, expected) as bigint;
  }
}

// The two halves of the number in memory: a write there is much faster than a call of the library. `undefined` where a process can't see the
// memory itself.
function halvesOf(word: NumbersPort): Int32Array | undefined {
  try {
    const { view } = word;
    return view === undefined ? undefined : new Int32Array(view.buffer, view.byteOffset, 2);
  } catch {
    return undefined;
  }
}

const BEGUN_AT = 0;
const LIMIT_AT = 4;

/** Both numbers in a file. A read or write of one takes about a microsecond, and its bytes outlive the process that wrote them. */
export class FileMark implements ParentMark, WorkerMark {
  readonly path: string;
  readonly #fd: number;
  readonly #number = new Int32Array(1);
  #last = 0;

  private constructor(path: string, flags: string) {
    this.path = path;
    this.#fd = fs().openSync(path, flags, 0o600);
  }

  static make(): FileMark {
    const { folder } = tree.membership;
    keepFolder(folder, "files");
    const mark = new FileMark(join(folder, `${randomName(8)}${BEGUN}`), "wx+");
    mark.#write(BEGUN_AT, 0);
    mark.#write(LIMIT_AT, 0);
    return mark;
  }

  static open(path: string): FileMark {
    return new FileMark(path, "r+");
  }

  begin(task: number): boolean {
    this.#write(BEGUN_AT, task);
    const limit = this.#read(LIMIT_AT);
    if (limit === 0 || task < limit) {
      this.#last = task;
      return true;
    }
    // The task before it may have been refused, too.
    this.#write(BEGUN_AT, this.#last);
    return false;
  }

  begun(): number {
    return this.#read(BEGUN_AT);
  }

  limit(from: number): number {
    this.#write(LIMIT_AT, from);
    return Math.max(from, this.#read(BEGUN_AT) + 1);
  }

  unlimit(): void {
    this.#write(LIMIT_AT, 0);
  }

  close(): void {
    fs().closeSync(this.#fd);
    remove(this.path);
  }

  #read(at: number): number {
    fs().readSync(this.#fd, this.#number, 0, 4, at);
    return this.#number[0] ?? 0;
  }

  #write(at: number, value: number): void {
    this.#number[0] = value;
    fs().writeSync(this.#fd, this.#number, 0, 4, at);
  }
}
