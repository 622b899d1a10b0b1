import { decode } from "../codec/decode.ts";
import { type Packed, packLent } from "../objects/message.ts";
import { asKept, free, keepForAWhile } from "../util/bytes.ts";
import { entriesIn, type Header, headerOf, Kind, Notice } from "./entries.ts";
import { Repeatable } from "./repeatable.ts";
import type { PoolTarget } from "./targets.ts";
import type { Work } from "./work.ts";

/** A call of a pool's user, as its tasks need it. */
export interface TaskCall {
  readonly target: PoolTarget;
  /** The number by which its tasks name their named arguments; 0 if it has none. */
  readonly kwargs: number;
  readonly key: unknown;
  /** The number of times that a task is run again if its worker died. */
  readonly retries: number;
  /** The time limit of each task, from its beginning, in milliseconds. */
  readonly taskTimeout: number;
  /** The number of elements in a chunk, if the call says so. Such a chunk is not parted. */
  readonly chunkSize: number | undefined;
  /** Whether it has objects to transfer. */
  readonly hasTransfer: boolean;
  /** Whether the call has settled, so that nobody waits for its tasks. */
  readonly isOver: boolean;
  /** Tasks gave these values. `first` is the index of the first one. */
  values(first: number, values: readonly unknown[]): void;
  /** A task has failed. */
  failed(index: number, error: unknown): void;
  /** A task reported a value. */
  reported(index: number, value: unknown): void;
  /** The worker has opened the arguments of a task. */
  opened(): void;
  /** A task's generator gave a value, which `open` opens. */
  gave(open: () => unknown): void;
  /** The call can't go on. */
  giveUp(reason: unknown): void;
}

interface Fields {
  readonly kind: number;
  readonly first: number;
  readonly size: number;
  readonly task: number;
  readonly attempt: number;
  readonly isIndexed: boolean;
  readonly since: number;
}

/** An encoded value, and the number of tasks that need it. The last one that settles releases the shared objects inside. */
interface Kept {
  readonly message: Repeatable;
  /** The value itself, if shared objects are inside: a part of it is packed again. */
  readonly value: unknown;
  left: number;
  /** The number of messages of which it is not known whether they still need the bytes. */
  sending: number;
}

/** Tasks of one call, with their encoded arguments. */
export class TaskWork implements Work {
  readonly call: TaskCall;
  readonly kind: number;
  /** The index of the first task in its call. */
  readonly first: number;
  readonly size: number;
  /** The number of the first task in the pool. */
  readonly task: number;
  /** 1 when the tasks run for the first time. */
  readonly attempt: number;
  /** Whether the tasks belong to elements, which have an index. */
  readonly isIndexed: boolean;
  /** The moment since which it has waited. */
  readonly since: number;
  readonly #kept: Kept;

  private constructor(call: TaskCall, fields: Fields, kept: Kept) {
    this.call = call;
    this.kind = fields.kind;
    this.first = fields.first;
    this.size = fields.size;
    this.task = fields.task;
    this.attempt = fields.attempt;
    this.isIndexed = fields.isIndexed;
    this.since = fields.since;
    this.#kept = kept;
  }

  /**
   * Encodes the arguments of tasks. Throws `SerializationError` if they can't travel.
   *
   * @param value the arguments of one task, or the array of the elements of several ones
   * @param root the name of the value in that error
   */
  static make(call: TaskCall, value: unknown, root: string, fields: Fields): TaskWork {
    const { kind, first, size, task, attempt, isIndexed } = fields;
    const header: Partial<Header> = {
      kind,
      count: size,
      chunk: call.chunkSize ?? size,
      target: call.target.number,
      kwargs: call.kwargs,
      attempt,
      notices: (call.taskTimeout === Number.POSITIVE_INFINITY ? 0 : Notice.begun) | (call.hasTransfer ? Notice.opened : 0),
      task,
      number: isIndexed ? first : -1,
    };
    const lent = packLent(value, root, headerOf(header));
    const hasObjects = lent.refs.length > 0;
    const packed = hasObjects ? lent : { ...lent, bytes: keepForAWhile(lent.bytes) };
    return new TaskWork(call, fields, { message: new Repeatable(packed), value: hasObjects ? value : undefined, left: size, sending: 0 });
  }

  /** Returns what is to be sent to a worker. */
  message(): Packed {
    this.#kept.sending++;
    return this.#kept.message.copy((error) => this.call.giveUp(error));
  }

  /** A message has been sent, and needs the bytes no more. */
  sent(): void {
    this.#kept.sending--;
  }

  get chunk(): number {
    return this.call.chunkSize ?? 1;
  }

  get key(): unknown {
    return this.call.key;
  }

  get time(): number | undefined {
    // A task with a time limit of its own is not handed ahead, so that it begins soon.
    if (this.call.taskTimeout !== Number.POSITIVE_INFINITY || this.kind === Kind.iterate) return undefined;
    const { pace } = this.call.target;
    return pace === undefined ? undefined : pace * this.size;
  }

  get isOver(): boolean {
    return this.call.isOver;
  }

  part(start: number, end: number): TaskWork {
    return this.#part(start, end, this.attempt);
  }

  /** Returns one of its tasks, to be run again. */
  again(index: number): TaskWork {
    this.#kept.left++;
    return this.#part(index, index + 1, this.attempt + 1);
  }

  /** So many of its tasks have settled. */
  done(tasks: number): void {
    this.#release(tasks);
  }

  drop(tasks: number = this.size): void {
    this.#release(tasks);
  }

  /** The worker has the shared objects inside, and needs no help of this process to keep them. */
  opened(): void {
    this.#kept.message.release();
    this.#kept.left = Number.POSITIVE_INFINITY;
    this.call.opened();
  }

  #part(start: number, end: number, attempt: number): TaskWork {
    const { call, kind, since, isIndexed, task, first, size } = this;
    const fields = { kind, since, isIndexed, attempt, size: end - start, first: first + start, task: task + start };
    if (fields.size === size) return new TaskWork(call, fields, this.#kept);
    const { value, message } = this.#kept;
    const all = value ?? decode(entriesIn(message.bytes)[0]?.value as Uint8Array);
    try {
      return TaskWork.make(call, (all as unknown[]).slice(start, end), "elements", fields);
    } catch (error) {
      // A shared object inside was closed since.
      call.giveUp(error);
      return new TaskWork(call, fields, { message, value, left: Number.POSITIVE_INFINITY, sending: 0 });
    } finally {
      this.#release(fields.size);
    }
  }

  #release(tasks: number): void {
    const kept = this.#kept;
    kept.left -= tasks;
    if (kept.left !== 0) return;
    kept.message.release();
    if (kept.sending === 0 && !kept.message.hasObjects) free(asKept(kept.message.bytes));
  }
}
