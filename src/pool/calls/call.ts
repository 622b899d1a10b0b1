import { TimeoutError } from "../../errors/errors.ts";
import { watchWait } from "../../util/deadline.ts";
import type { Entry } from "../../util/linked-list.ts";
import type { Place, Source } from "../backlog.ts";
import type { PoolTarget } from "../targets.ts";
import type { CheckedTaskOptions } from "../task-options.ts";
import type { TaskCall, TaskWork } from "../task-work.ts";

/** What becomes of the tasks of a call that is given up: those that run are told, or also killed if they go on. */
export type Manner = "tell" | "kill";

/** The pool, as its calls need it. */
export interface CallHost {
  /** Lets a source of work take its turn. */
  offer(source: Source<TaskWork>): Place<TaskWork>;
  withdraw(place: Place<TaskWork>): void;
  /** Returns the number of the first of `count` new tasks. */
  number(count: number): number;
  /** Encodes a call's named arguments. Returns the number by which its tasks name them; 0 if there are none. */
  keepKwargs(kwargs: object | undefined): number;
  /** A call has settled. If it was given up, it has a `manner`. */
  settled(call: PoolCall): void;
  /** The number of workers that the pool may have. */
  readonly workers: number;
  /** Whether more tasks may wait. */
  readonly hasRoom: boolean;
  /** Asks the worker that runs the call's task for so many more values of its generator. */
  more(call: PoolCall, count: number): void;
}

/** One call of a pool's method, until it settles. */
export abstract class PoolCall implements TaskCall, Source<TaskWork> {
  readonly target: PoolTarget;
  readonly kwargs: number;
  readonly options: CheckedTaskOptions;
  protected readonly host: CallHost;
  isOver = false;
  /** Its place among the calls of its pool. */
  place: Entry<PoolCall> | undefined;
  /** Why the call was given up, and what becomes of its tasks. Without a manner it was not. */
  reason: unknown;
  manner: Manner | undefined;
  #turn: Place<TaskWork> | undefined;
  #unwatch: (() => void) | undefined;

  constructor(host: CallHost, target: PoolTarget, options: CheckedTaskOptions) {
    this.host = host;
    this.target = target;
    this.options = options;
    this.kwargs = host.keepKwargs(options.kwargs);
  }

  get key(): unknown {
    return this.options.key;
  }

  get retries(): number {
    return this.options.retries;
  }

  get taskTimeout(): number {
    return this.options.taskTimeout;
  }

  get chunkSize(): number | undefined {
    return this.options.chunkSize;
  }

  get hasTransfer(): boolean {
    return this.options.transfer.length > 0;
  }

  abstract tasks(most: number): number;
  /** The number of its tasks that wait, as far as it is known. */
  abstract get waiting(): number;
  abstract readonly isSingle: boolean;
  abstract next(): TaskWork | undefined;
  abstract values(first: number, values: readonly unknown[]): void;
  abstract failed(index: number, error: unknown): void;
  abstract reported(index: number, value: unknown): void;
  /** Settles the promise of the call, or its iteration, with an error. */
  protected abstract reject(error: unknown): void;

  /** Begins to watch its time limit and its signal. */
  watch(): void {
    this.#unwatch = watchWait(
      this.options.wait,
      () => this.giveUp(new TimeoutError(`The call was not done within ${this.options.wait.timeout} ms, and is given up.`), "kill"),
      (reason) => this.giveUp(reason, "kill"),
    );
  }

  /** Offers its work. It does that again each time that it has new work after it had none. */
  offer(): void {
    if (this.isOver) return;
    this.#withdraw();
    this.#turn = this.host.offer(this);
  }

  /** Rejects the call, and gives up what has not settled. */
  giveUp(reason: unknown, manner: Manner = "tell"): void {
    if (this.end(manner, reason)) this.reject(reason);
  }

  /** Ends the call. With a `manner`, it gives up what has not settled. Returns false if the call has ended before. */
  protected end(manner?: Manner, reason?: unknown): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.manner = manner;
    this.reason = reason;
    this.#unwatch?.();
    this.#withdraw();
    this.#transfer();
    this.untaken()?.drop();
    this.host.settled(this);
    return true;
  }

  /** Calls a callback of the program. If it throws, the call is given up and rejects with that error. */
  protected tell<Args extends unknown[]>(callback: ((...args: Args) => void) | undefined, ...args: Args): void {
    try {
      callback?.(...args);
    } catch (error) {
      this.giveUp(error);
    }
  }

  gave(_open: () => unknown): void {}

  /** Returns its work, if it has made some that no worker ever had. */
  protected untaken(): TaskWork | undefined {
    return undefined;
  }

  opened(): void {
    this.#transfer();
  }

  /** Called if its first work can't be made, so that nothing of the call stays behind. */
  protected abandon(): void {
    this.isOver = true;
    this.host.settled(this);
  }

  #withdraw(): void {
    if (this.#turn !== undefined) this.host.withdraw(this.#turn);
    this.#turn = undefined;
  }

  // The objects are closed even if the task fails before the worker has them: the caller has given them away.
  #transfer(): void {
    for (const object of this.options.transfer) object.close();
  }
}
