import { RLOCK } from "../backend/contract/lock.ts";
import { type NumbersPort, SHARED_ARRAY } from "../backend/contract/numbers.ts";
import { CorruptedError, UnsupportedError } from "../errors/errors.ts";
import type { ReceivedParts } from "../objects/kinds.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, openPort, SharedObject, type TravellingParts } from "../objects/shared-object.ts";
import { describe } from "../util/describe.ts";
import { bytesPerNumber, makeNumbers, type NumberArray, type NumberType, numberAt } from "../util/number-types.ts";
import { Lock } from "./lock.ts";
import { RLock } from "./rlock.ts";
import { type ArrayOf, checkType, isIterable, type NumberOf, numbersOf } from "./shared-numbers.ts";

export interface SharedArrayOptions extends ObjectOptions {
  /** A lock that travels with the array: `true` for an {@link RLock} of its own, or one that is there. Default `false`. */
  readonly lock?: boolean | Lock | RLock;
}

// A view of the numbers keeps the object: they stay mapped until close(), also when the program keeps only the view.
const owners = new WeakMap<ArrayBuffer, object>();

/**
 * Numbers of one type that several processes see.
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
  /** The type of its numbers. */
  readonly type: T;
  /** How many there are. */
  readonly length: number;
  /** What was given as `lock`. */
  readonly lock: Lock | RLock | undefined;
  #ownsLock: boolean;

  /**
   * @param type as for {@link SharedValue}
   * @param lengthOrValues how many, all 0; or the first values
   * @param options `lock`
   * @throws {TypeError} for values of another type
   * @throws {RangeError} for a length that is no whole number above 0
   */
  constructor(type: T, lengthOrValues: number | Iterable<NumberOf<T>>, options: SharedArrayOptions = {}) {
    const checked = checkType(type);
    const { lock = false } = options;
    checkLock(lock);
    super(SHARED_ARRAY.label, () =>
      makeFor(new.target, SHARED_ARRAY, { type: checked, values: checkValues(checked, lengthOrValues) }, options),
    );
    this.type = type;
    this.length = openPort(this, "").length;
    this.#ownsLock = lock === true;
    this.lock = typeof lock !== "boolean" ? lock : lock ? RLock.adopt(makeFor(new.target, RLOCK, undefined)) : undefined;
  }

  /** @internal */
  static adopt(port: NumbersPort, { details, companions: [lock] }: ReceivedParts): SharedArray {
    if (lock !== undefined && !(lock instanceof Lock) && !(lock instanceof RLock))
      throw new CorruptedError("A shared array came with something else than a lock.");
    const array = adopt(port, () => new SharedArray(port.type, port.length, { lock }));
    array.#ownsLock = lock !== undefined && details === true;
    return array;
  }

  /** The number at an index; throws `RangeError` outside. */
  async get(index: number): Promise<NumberOf<T>> {
    const port = openPort(this, "get");
    const at = checkIndex(index, this.length - 1, "index");
    return numberAt(await port.read(at, at + 1), 0) as NumberOf<T>;
  }

  /** Sets one number, or several from an index on; throws `RangeError`, and sets nothing, if they don't fit. */
  async set(index: number, values: NumberOf<T> | Iterable<NumberOf<T>>): Promise<void> {
    const port = openPort(this, "set");
    const numbers = numbersOf(this.type, isIterable(values) ? values : [values]);
    if (numbers.length > this.length) throw new RangeError(`${numbers.length} values don't fit into an array of ${this.length}.`);
    await port.write(checkIndex(index, this.length - numbers.length, "index"), numbers);
  }

  /** A copy of the numbers from `start` to before `end`; default: all. */
  async slice(start = 0, end: number = this.length): Promise<ArrayOf<T>> {
    const port = openPort(this, "slice");
    const to = checkIndex(end, this.length, "end");
    return (await port.read(checkIndex(start, to, "start"), to)) as ArrayOf<T>;
  }

  /** The numbers themselves, without a copy, until `close()`. Native backend; on the portable one `UnsupportedError`. */
  get view(): ArrayOf<T> {
    const { view } = openPort(this, "view");
    if (view === undefined) throw new UnsupportedError("view needs the native backend: use get(), set() and slice(), which work on both.");
    owners.set(view.buffer as ArrayBuffer, this);
    return view as ArrayOf<T>;
  }

  /** Lets this process go of the object, and of a lock of its own. Idempotent. */
  override close(): void {
    super.close();
    if (this.#ownsLock) this.lock?.close();
  }

  protected override parts(): TravellingParts {
    return this.lock === undefined ? {} : { companions: [this.lock], details: this.#ownsLock };
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
