import { RLOCK } from "../backend/contract/lock.ts";
import { type NumbersPort, SHARED_ARRAY } from "../backend/contract/numbers.ts";
import { UnsupportedError } from "../errors/errors.ts";
import { malformedReference } from "../errors/messages.ts";
import type { ReceivedParts } from "../objects/kinds.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, openPort, SharedObject, setTravel } from "../objects/shared-object.ts";
import { describe } from "../util/describe.ts";
import { optionNames } from "../util/known-options.ts";
import { bytesPerNumber, makeNumbers, type NumberArray, type NumberType, numberAt } from "../util/number-types.ts";
import { Lock } from "./lock.ts";
import { RLock } from "./rlock.ts";
import { type ArrayOf, checkType, isIterable, type NumberOf, numbersOf } from "./shared-numbers.ts";

/** Options of a {@link SharedArray}. */
export interface SharedArrayOptions extends ObjectOptions {
  /** A lock that travels with the array: `true` for a new {@link RLock}, or an existing lock. Default `false`: no lock. */
  readonly lock?: boolean | Lock | RLock;
}

const ARRAY_OPTIONS = optionNames<SharedArrayOptions>({ name: true, lock: true });

// Keeps the object alive while the program has a view of its numbers. Otherwise the object could be collected, and its memory unmapped,
// while the program still uses the view.
const owners = new WeakMap<ArrayBuffer, object>();

/**
 * An array of numbers of one type that several processes share. Its length never changes.
 *
 * Each call rejects with {@link ClosedError} after `close()`, and on the portable backend with {@link OwnerDiedError} if the process that
 * made it is gone.
 *
 * @example
 * ```ts
 * const sums = new SharedArray("f64", 3, { lock: true });
 * {
 *   await using held = await sums.lock?.hold();
 *   await sums.set(0, [1, 2]);
 * }
 * console.log(await sums.slice()); // Float64Array(3) [ 1, 2, 0 ]
 * sums.close();
 * ```
 */
export class SharedArray<T extends NumberType = NumberType> extends SharedObject<NumbersPort> {
  /** The type of the numbers. */
  readonly type: T;
  /** The number of elements. */
  readonly length: number;
  /** The lock that belongs to the array, if it has one. */
  readonly lock: Lock | RLock | undefined;
  #ownsLock: boolean;

  /**
   * Makes an array of numbers in shared memory; on the portable backend, in the process that makes it.
   *
   * @param type the type of the numbers, see {@link NumberType}
   * @param lengthOrValues the number of elements, which are 0 at first; or the first values themselves
   * @param options `lock`: see {@link SharedArrayOptions}
   * @throws {TypeError} for an unknown type, or for values that do not fit the type
   * @throws {RangeError} for a length that is not a whole number above 0
   */
  constructor(type: T, lengthOrValues: number | Iterable<NumberOf<T>>, options: SharedArrayOptions = {}) {
    const checked = checkType(type);
    const { lock = false } = options;
    super(SHARED_ARRAY.label, () => {
      const values = checkValues(checked, lengthOrValues);
      checkLock(lock);
      return makeFor(new.target, SHARED_ARRAY, { type: checked, values }, options, ARRAY_OPTIONS);
    });
    this.type = type;
    this.length = openPort(this, "").length;
    this.#ownsLock = lock === true;
    this.lock =
      typeof lock !== "boolean" ? lock : lock ? RLock.adopt(makeFor(new.target, RLOCK, undefined, { name: options.name })) : undefined;
    const own = this.lock;
    if (own !== undefined) setTravel(this, { parts: () => ({ companions: [own], details: this.#ownsLock }) });
  }

  /** @internal */
  static adopt(port: NumbersPort, { details, companions: [lock] }: ReceivedParts): SharedArray {
    if (lock !== undefined && !(lock instanceof Lock) && !(lock instanceof RLock)) throw malformedReference();
    const array = adopt(port, () => new SharedArray(port.type, port.length, { lock }));
    array.#ownsLock = lock !== undefined && details === true;
    return array;
  }

  /** Returns the number at an index. Throws `RangeError` if the index is outside of the array. */
  async get(index: number): Promise<NumberOf<T>> {
    const port = openPort(this, "get");
    const at = checkIndex(index, this.length - 1, "index");
    return numberAt(await port.read(at, at + 1), 0) as NumberOf<T>;
  }

  /**
   * Sets the number at an index, or several numbers from that index on.
   *
   * @throws {RangeError} if they do not fit into the array; nothing is set then
   * @throws {TypeError} for values that do not fit the array's type; nothing is set then
   */
  async set(index: number, values: NumberOf<T> | Iterable<NumberOf<T>>): Promise<void> {
    const port = openPort(this, "set");
    const numbers = numbersOf(this.type, isIterable(values) ? values : [values]);
    if (numbers.length > this.length) throw new RangeError(`${numbers.length} values don't fit into an array of ${this.length}.`);
    await port.write(checkIndex(index, this.length - numbers.length, "index"), numbers);
  }

  /** Returns a copy of the numbers from index `start` (default 0) up to, but not including, index `end` (default: the length). */
  async slice(start = 0, end: number = this.length): Promise<ArrayOf<T>> {
    const port = openPort(this, "slice");
    const to = checkIndex(end, this.length, "end");
    return (await port.read(checkIndex(start, to, "start"), to)) as ArrayOf<T>;
  }

  /** A typed array over the shared memory itself. It is empty after `close()`. Throws `UnsupportedError` on the portable backend. */
  get view(): ArrayOf<T> {
    const { view } = openPort(this, "view");
    if (view === undefined) throw new UnsupportedError("view needs the native backend: use get(), set() and slice(), which work on both.");
    owners.set(view.buffer as ArrayBuffer, this);
    return view as ArrayOf<T>;
  }

  /** Closes the array in this process, and its lock too if the array made the lock. A second call does nothing. */
  override close(): void {
    super.close();
    if (this.#ownsLock) this.lock?.close();
  }
}

function checkIndex(index: unknown, most: number, name: string): number {
  if (typeof index !== "number") throw new TypeError(`${name} must be a number, received ${describe(index)}.`);
  if (!Number.isInteger(index) || index < 0 || index > most)
    throw new RangeError(`${name} must be a whole number from 0 to ${most}, received ${index}.`);
  return index;
}

function checkValues(type: NumberType, lengthOrValues: unknown): NumberArray {
  if (isIterable(lengthOrValues)) {
    const numbers = numbersOf(type, lengthOrValues);
    if (numbers.length > 0) return numbers;
    throw new RangeError("A shared array has one number at least: received no values.");
  }
  if (typeof lengthOrValues !== "number")
    throw new TypeError(`A shared array takes its length or its values, received ${describe(lengthOrValues)}.`);
  const most = Math.floor(Number.MAX_SAFE_INTEGER / bytesPerNumber(type));
  if (!Number.isInteger(lengthOrValues) || lengthOrValues < 1 || lengthOrValues > most)
    throw new RangeError(`The length must be a whole number above 0, received ${lengthOrValues}.`);
  return makeNumbers(type, lengthOrValues);
}

function checkLock(lock: unknown): void {
  if (typeof lock !== "boolean" && !(lock instanceof Lock) && !(lock instanceof RLock))
    throw new TypeError(`lock must be a boolean, a Lock or an RLock, received ${describe(lock)}.`);
}
