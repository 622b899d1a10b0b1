import type { ModuleTarget } from "../target/target.ts";

/**
 * A target of `compute()`: a synchronous function of the present value, and of further arguments.
 *
 * @ignore
 */
export type ComputeTarget<Value, Args extends readonly unknown[], Result> =
  | ((present: Value, ...args: Args) => Result extends PromiseLike<unknown> ? never : Result)
  | ModuleTarget;

/**
 * The arguments that `compute()` passes on.
 *
 * @ignore
 */
export type ArgsAfter<Args extends readonly unknown[]> = Readonly<Args>;

/**
 * What a proxy of an instance of `T` has: the public methods of `T`, as promises. A method that returns an iterable gives an async iterable,
 * whose values come one by one.
 */
export type Remote<T> = Disposable & {
  readonly [K in keyof T as K extends `_${string}` | "then" | symbol
    ? never
    : T[K] extends (...args: never[]) => unknown
      ? K
      : never]: T[K] extends (...args: infer Args) => infer Result ? (...args: Args) => RemoteResult<Awaited<Result>> : never;
};

/**
 * What a call of a {@link Remote} returns.
 *
 * @ignore
 */
export type RemoteResult<Result> = [Result] extends [AsyncIterable<infer Value> | (Iterator<infer Value> & Iterable<unknown>)]
  ? Promise<AsyncIterableIterator<Value>> & AsyncIterable<Value>
  : Promise<Result>;
