import type { Backend, Cell, CellArray, CellsPort, CellType, Operation } from "../backend/contract/backend.ts";
import { registerOwn, travelAs } from "../codec/classes.ts";
import { UnsupportedError } from "../errors/errors.ts";
import { Adopted, registerShared } from "../objects/message.ts";
import { backendFor, Hold } from "../objects/shared-object.ts";
import { bytesPerCell, CELL_TYPES, cellAt, isBig, isCellType, isInteger, makeCells } from "../util/number-types.ts";
import { describe } from "../util/timing.ts";
import { Lock, RLock } from "./lock.ts";

const VALUE = "polyproc.SharedValue";
const ARRAY = "polyproc.SharedArray";

/** The numbers of a type: BigInts for `i64` and `u64`. */
export type NumberOf<T extends CellType> = T extends "i64" | "u64" ? bigint : number;

interface ArrayTypes {
  i8: Int8Array;
  u8: Uint8Array;
  u8c: Uint8ClampedArray;
  i16: Int16Array;
  u16: Uint16Array;
  i32: Int32Array;
  u32: Uint32Array;
  i64: BigInt64Array;
  u64: BigUint64Array;
  f32: Float32Array;
  f64: Float64Array;
}

/** The typed array of a type. */
export type ArrayOf<T extends CellType> = ArrayTypes[T];

function checkType(type: unknown): CellType {
  if (isCellType(type)) return type;
  const names = CELL_TYPES.map((each) => JSON.stringify(each)).join(", ");
  throw new TypeError(`The type must be one of ${names}, received ${describe(type)}.`);
}

function checkNumber(type: CellType, value: unknown, name: string): Cell {
  const wanted = isBig(type) ? "bigint" : "number";
  if (typeof value !== wanted) throw new TypeError(`${name} must be a ${wanted} (the type is ${type}), received ${describe(value)}.`);
  if (isInteger(type) && wanted === "number" && !Number.isInteger(value))
    throw new TypeError(`${name} must be a whole number (the type is ${type}), received ${value}.`);
  return value as Cell;
}

function checkIndex(index: unknown, most: number, name: string): number {
  if (typeof index !== "number") throw new TypeError(`${name} must be a number, received ${describe(index)}.`);
  if (!Number.isInteger(index) || index < 0 || index > most)
    throw new RangeError(`${name} must be a whole number from 0 to ${most}, received ${index}.`);
  return index;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function cellsOf(type: CellType, values: Iterable<unknown>): CellArray {
  const checked = Array.from(values, (value, i) => checkNumber(type, value, `value ${i}`));
  const cells = makeCells(type, checked.length);
  for (const [i, value] of checked.entries()) cells[i] = value as never;
  return cells;
}

/** This process's hold on numbers, as a value and an array have it. */
class Numbers extends Hold<CellsPort> {
  readonly type: CellType;
  readonly length: number;

  constructor(port: CellsPort) {
    super(port, "array of shared numbers");
    this.type = port.type;
    this.length = port.length;
  }
}

registerShared("cells", (adopted) => new Numbers((adopted as Adopted<CellsPort>).port));

/**
 * One number that several processes see. Each call is one step: no lock is needed.
 *
 * @example
 * ```ts
 * const counter = new SharedValue("i32", 0);
 * await counter.add(2);
 * console.log(await counter.get()); // 2
 * counter.close();
 * ```
 */
export class SharedValue<T extends CellType = CellType> {
  /** The type of its number. */
  readonly type: T;
  readonly #numbers: Numbers;

  /**
   * @param type `i8`, `u8`, `u8c` (clamped), `i16`, `u16`, `i32`, `u32`, `i64`, `u64` (the last two with BigInts), `f32`, `f64`
   * @param value the first value; default 0
   * @throws {TypeError} for anything else, and for a fraction in an integer type; a whole number that is too large wraps around
   */
  constructor(type: T, value?: NumberOf<T>) {
    const adopted: unknown = type;
    if (adopted instanceof Adopted) this.#numbers = (adopted.port as unknown as ValueParts).numbers;
    else {
      const checked = checkType(type);
      const first = checkNumber(checked, value ?? (isBig(checked) ? 0n : 0), "value");
      this.#numbers = new Numbers(backendFor(new.target).makeCells(checked, cellsOf(checked, [first])));
    }
    this.type = this.#numbers.type as T;
    travelAs(new.target.prototype, VALUE);
  }

  async get(): Promise<NumberOf<T>> {
    return this.#operate("load", undefined, undefined, "get");
  }

  async set(value: NumberOf<T>): Promise<void> {
    await this.#operate("store", value, undefined, "set");
  }

  /** Adds, and gives what there was before; integers only, which wrap around. */
  async add(value: NumberOf<T>): Promise<NumberOf<T>> {
    return this.#integer("add", value);
  }

  /** Subtracts, and gives what there was before; integers only, which wrap around. */
  async sub(value: NumberOf<T>): Promise<NumberOf<T>> {
    return this.#integer("sub", value);
  }

  /** Bitwise and; gives what there was before; integers only. */
  async and(value: NumberOf<T>): Promise<NumberOf<T>> {
    return this.#integer("and", value);
  }

  /** Bitwise or; gives what there was before; integers only. */
  async or(value: NumberOf<T>): Promise<NumberOf<T>> {
    return this.#integer("or", value);
  }

  /** Sets it, and gives what there was before. */
  async exchange(value: NumberOf<T>): Promise<NumberOf<T>> {
    return this.#operate("exchange", value);
  }

  /** Sets it if it is `expected`, and gives what there was before; integers only. */
  async compareExchange(expected: NumberOf<T>, value: NumberOf<T>): Promise<NumberOf<T>> {
    checkNumber(this.type, expected, "expected");
    return this.#integer("compareExchange", value, expected);
  }

  /** Lets this process go of the object. Idempotent. */
  close(): void {
    this.#numbers.close();
  }

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  static {
    const parts = (value: SharedValue): ValueParts => ({ numbers: value.#numbers });
    registerOwn<SharedValue, ValueParts>(
      VALUE,
      SharedValue.prototype,
      parts,
      (whole) => new SharedValue(new Adopted(whole as never) as never),
    );
  }

  #integer(operation: Operation, value: NumberOf<T>, expected?: NumberOf<T>): Promise<NumberOf<T>> {
    if (!isInteger(this.type))
      throw new UnsupportedError(`${operation}() is for integers, and this is ${this.type}: use a Lock around get and set.`);
    return this.#operate(operation, value, expected);
  }

  async #operate(operation: Operation, value?: NumberOf<T>, expected?: NumberOf<T>, called: string = operation): Promise<NumberOf<T>> {
    const port = this.#numbers.open(called);
    const none = isBig(this.type) ? 0n : 0;
    const operand = operation === "load" ? none : checkNumber(this.type, value, "value");
    return (await port.operate(operation, operand, expected ?? none)) as NumberOf<T>;
  }
}

interface ValueParts {
  readonly numbers: Numbers;
}

interface ArrayParts extends ValueParts {
  readonly lock: Lock | RLock | undefined;
  readonly ownsLock: boolean;
}

export interface SharedArrayOptions {
  /** A lock that travels with the array: `true` for an {@link RLock} of its own, or one that is there. Default `false`. */
  readonly lock?: boolean | Lock | RLock;
}

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
export class SharedArray<T extends CellType = CellType> {
  /** The type of its numbers. */
  readonly type: T;
  /** How many there are. */
  readonly length: number;
  /** What was given as `lock`. */
  readonly lock: Lock | RLock | undefined;
  readonly #numbers: Numbers;
  readonly #ownsLock: boolean;

  /**
   * @param type as for {@link SharedValue}
   * @param lengthOrValues how many, all 0; or the first values
   * @param options `lock`
   * @throws {TypeError} for values of another type
   * @throws {RangeError} for a length that is no whole number above 0
   */
  constructor(type: T, lengthOrValues: number | Iterable<NumberOf<T>>, options: SharedArrayOptions = {}) {
    const adopted: unknown = type;
    if (adopted instanceof Adopted) {
      const { numbers, lock, ownsLock } = adopted.port as unknown as ArrayParts;
      this.#numbers = numbers;
      this.lock = lock;
      this.#ownsLock = ownsLock;
    } else {
      const backend = backendFor(new.target);
      const values = checkValues(checkType(type), lengthOrValues);
      this.lock = checkLock(options.lock, backend);
      this.#ownsLock = options.lock === true;
      this.#numbers = new Numbers(backend.makeCells(checkType(type), values));
    }
    this.type = this.#numbers.type as T;
    this.length = this.#numbers.length;
    travelAs(new.target.prototype, ARRAY);
  }

  /** The number at an index; throws `RangeError` outside. */
  async get(index: number): Promise<NumberOf<T>> {
    const port = this.#numbers.open("get");
    const at = checkIndex(index, this.length - 1, "index");
    return cellAt(await port.read(at, at + 1), 0) as NumberOf<T>;
  }

  /** Sets one number, or several from an index on; throws `RangeError`, and sets nothing, if they don't fit. */
  async set(index: number, values: NumberOf<T> | Iterable<NumberOf<T>>): Promise<void> {
    const port = this.#numbers.open("set");
    const cells = cellsOf(this.type, isIterable(values) ? values : [values]);
    if (cells.length > this.length) throw new RangeError(`${cells.length} values don't fit into an array of ${this.length}.`);
    await port.write(checkIndex(index, this.length - cells.length, "index"), cells);
  }

  /** A copy of the numbers from `start` to before `end`; default: all. */
  async slice(start = 0, end: number = this.length): Promise<ArrayOf<T>> {
    const port = this.#numbers.open("slice");
    const to = checkIndex(end, this.length, "end");
    return (await port.read(checkIndex(start, to, "start"), to)) as ArrayOf<T>;
  }

  /** The numbers themselves, without a copy, until `close()`. Native backend; on the portable one `UnsupportedError`. */
  get view(): ArrayOf<T> {
    const { view } = this.#numbers.open("view");
    if (view === undefined) throw new UnsupportedError("view needs the native backend: use get(), set() and slice(), which work on both.");
    holders.set(view.buffer as ArrayBuffer, this as unknown as SharedArray);
    return view as ArrayOf<T>;
  }

  /** Lets this process go of the object, and of a lock of its own. Idempotent. */
  close(): void {
    this.#numbers.close();
    if (this.#ownsLock) this.lock?.close();
  }

  /** As `close()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  static {
    const parts = (array: SharedArray): ArrayParts => ({ numbers: array.#numbers, lock: array.lock, ownsLock: array.#ownsLock });
    registerOwn<SharedArray, ArrayParts>(
      ARRAY,
      SharedArray.prototype,
      parts,
      (whole) => new SharedArray(new Adopted(whole as never) as never, 1),
    );
  }
}

// Who has a view of the numbers has the numbers: they stay mapped until close(), however the object itself was dropped.
const holders = new WeakMap<ArrayBuffer, SharedArray>();

function checkValues(type: CellType, lengthOrValues: unknown): CellArray {
  if (isIterable(lengthOrValues)) {
    const cells = cellsOf(type, lengthOrValues);
    if (cells.length > 0) return cells;
    throw new RangeError("A shared array has one number at least: received no values.");
  }
  if (typeof lengthOrValues !== "number")
    throw new TypeError(`A shared array takes its length or its values, received ${describe(lengthOrValues)}.`);
  const most = Math.floor(Number.MAX_SAFE_INTEGER / bytesPerCell(type));
  if (!Number.isInteger(lengthOrValues) || lengthOrValues < 1 || lengthOrValues > most)
    throw new RangeError(`The length must be a whole number above 0, received ${lengthOrValues}.`);
  return makeCells(type, lengthOrValues);
}

function checkLock(lock: unknown, backend: Backend): Lock | RLock | undefined {
  if (lock === undefined || lock === false) return undefined;
  if (lock === true) return new RLock(new Adopted(backend.makeLock(true)));
  if (lock instanceof Lock || lock instanceof RLock) return lock;
  throw new TypeError(`lock must be a boolean, a Lock or an RLock, received ${describe(lock)}.`);
}
