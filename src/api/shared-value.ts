import { type NumbersPort, type Operation, SHARED_VALUE } from "../backend/contract/numbers.ts";
import { UnsupportedError } from "../errors/errors.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, openPort, SharedObject } from "../objects/shared-object.ts";
import { isBigInt, isInteger, type NumberType } from "../util/number-types.ts";
import { checkNumber, checkType, type NumberOf, numbersOf } from "./shared-numbers.ts";

/**
 * One number that several processes share. Each call is atomic, so it needs no lock.
 *
 * Each call rejects with {@link ClosedError} after `close()`, and on the portable backend with {@link OwnerDiedError} if the process that
 * made it is gone.
 *
 * @example
 * ```ts
 * const counter = new SharedValue("i32", 0);
 * await counter.add(2);
 * console.log(await counter.get()); // 2
 * counter.close();
 * ```
 */
export class SharedValue<T extends NumberType = NumberType> extends SharedObject<NumbersPort> {
  /** The type of the number. */
  readonly type: T;

  /**
   * Makes a number that processes share.
   *
   * @param type `i8`, `u8`, `u8c` (clamped), `i16`, `u16`, `i32`, `u32`, `i64` and `u64` (these two with BigInts), `f32` or `f64`
   * @param value the first value; default 0. A whole number that is too large for the type wraps around
   * @throws {TypeError} for an unknown type, for a value of a wrong type, and for a fraction in an integer type
   */
  constructor(type: T, value?: NumberOf<T>, options: ObjectOptions = {}) {
    const checked = checkType(type);
    super(SHARED_VALUE.label, () => {
      const first = checkNumber(checked, value ?? zero(checked), "value");
      return makeFor(new.target, SHARED_VALUE, { type: checked, values: numbersOf(checked, [first]) }, options);
    });
    this.type = type;
  }

  /** @internal */
  static adopt(port: NumbersPort): SharedValue {
    return adopt(port, () => new SharedValue(port.type));
  }

  /** Returns the number. */
  async get(): Promise<NumberOf<T>> {
    return this.#operate("load", undefined, undefined, "get");
  }

  /** Sets the number. Throws `TypeError` for a value that does not fit the type. */
  async set(value: NumberOf<T>): Promise<void> {
    await this.#operate("store", value, undefined, "set");
  }

  /** Adds to the number, which wraps around. Returns the number before. Throws `UnsupportedError` for `f32`, `f64` and `u8c`. */
  async add(value: NumberOf<T>): Promise<NumberOf<T>> {
    return this.#integer("add", value);
  }

  /** Subtracts from the number, which wraps around. Returns the number before. Throws `UnsupportedError` for `f32`, `f64` and `u8c`. */
  async sub(value: NumberOf<T>): Promise<NumberOf<T>> {
    return this.#integer("sub", value);
  }

  /** Sets the number to its bitwise AND with `value`. Returns the number before. Throws `UnsupportedError` for `f32`, `f64` and `u8c`. */
  async and(value: NumberOf<T>): Promise<NumberOf<T>> {
    return this.#integer("and", value);
  }

  /** Sets the number to its bitwise OR with `value`. Returns the number before. Throws `UnsupportedError` for `f32`, `f64` and `u8c`. */
  async or(value: NumberOf<T>): Promise<NumberOf<T>> {
    return this.#integer("or", value);
  }

  /** Sets the number, and returns the number before. */
  async exchange(value: NumberOf<T>): Promise<NumberOf<T>> {
    return this.#operate("exchange", value);
  }

  /**
   * Sets the number to `value` if it is `expected` now. Returns the number before, so the call has set it if the result is `expected`.
   *
   * @throws {UnsupportedError} for `f32`, `f64` and `u8c`
   */
  async compareExchange(expected: NumberOf<T>, value: NumberOf<T>): Promise<NumberOf<T>> {
    checkNumber(this.type, expected, "expected");
    return this.#integer("compareExchange", value, expected);
  }

  #integer(operation: Operation, value: NumberOf<T>, expected?: NumberOf<T>): Promise<NumberOf<T>> {
    if (!isInteger(this.type))
      throw new UnsupportedError(`${operation}() is for integers, and this is ${this.type}: use a Lock around get and set.`);
    return this.#operate(operation, value, expected);
  }

  async #operate(operation: Operation, value?: NumberOf<T>, expected?: NumberOf<T>, call: string = operation): Promise<NumberOf<T>> {
    const port = openPort(this, call);
    const none = zero(this.type);
    const operand = operation === "load" ? none : checkNumber(this.type, value, "value");
    return (await port.operate(operation, operand, expected ?? none)) as NumberOf<T>;
  }
}

function zero(type: NumberType): number | bigint {
  return isBigInt(type) ? 0n : 0;
}
