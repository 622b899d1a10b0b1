import { CorruptedError } from "../../../errors/errors.ts";
import {
  bytesPerNumber,
  makeNumbers,
  type NumberArray,
  type NumberType,
  type NumberValue,
  numberAt,
  numbersOver,
} from "../../../util/number-types.ts";
import type { Kind } from "../../contract/kind.ts";
import type { NumbersPort, NumbersSettings, Operation } from "../../contract/numbers.ts";
import type { Travelling } from "../core/keeper.ts";
import { NativePort } from "../core/port.ts";
import { check } from "../library/result.ts";
import type { MemoryHandle } from "./memory-handle.ts";

/** The native library's numbers for the operations. */
const OPERATIONS: Readonly<Record<Operation, number>> = {
  load: 0,
  store: 1,
  add: 2,
  sub: 3,
  and: 4,
  or: 5,
  exchange: 6,
  compareExchange: 7,
};
const UNREACHABLE = "The shared numbers can't be reached";

export class NativeNumbers extends NativePort implements NumbersPort {
  readonly type: NumberType;
  readonly length: number;
  readonly #handle: MemoryHandle;
  // The operand and the expected value, 8 bytes each. The result takes the operand's place.
  readonly #operands = new Uint8Array(16);
  readonly #operand: NumberArray;
  readonly #expected: NumberArray;

  constructor(handle: MemoryHandle, kind: Kind<NumbersPort, NumbersSettings>, type: NumberType) {
    super(handle.thread, kind);
    this.type = type;
    this.length = handle.size / bytesPerNumber(type);
    this.#handle = handle;
    this.#operand = numbersOver(type, this.#operands.buffer, 1);
    this.#expected = numbersOver(type, this.#operands.buffer, 1, 8);
    handle.use();
  }

  /** Opens numbers that another process sent. */
  static open(handle: MemoryHandle, kind: Kind<NumbersPort, NumbersSettings>, type: NumberType): NativeNumbers {
    const numbers = new NativeNumbers(handle, kind, type);
    if (Number.isInteger(numbers.length)) return numbers;
    numbers.release();
    throw new CorruptedError("Shared numbers came with memory of a wrong size: their sender is no polyproc process.");
  }

  get view(): NumberArray {
    return numbersOver(this.type, this.#handle.buffer, this.length);
  }

  // The native library makes the copy, because some processes can call the library but can't have a view of its memory.
  async read(start: number, end: number): Promise<NumberArray> {
    const numbers = makeNumbers(this.type, end - start);
    if (end > start) check(this.#handle.shim.pp_memory_read(this.#handle.index, rangeOf(start, numbers), numbers), UNREACHABLE);
    return numbers;
  }

  async write(start: number, values: NumberArray): Promise<void> {
    this.store(start, values);
  }

  /** Like `write`, but synchronous. */
  store(start: number, values: NumberArray): void {
    if (values.length > 0) check(this.#handle.shim.pp_memory_write(this.#handle.index, rangeOf(start, values), values), UNREACHABLE);
  }

  async operate(operation: Operation, operand: NumberValue, expected: NumberValue): Promise<NumberValue> {
    return this.operateNow(operation, operand, expected);
  }

  operateNow(operation: Operation, operand: NumberValue, expected: NumberValue): NumberValue {
    this.#operand.fill(operand as never);
    this.#expected.fill(expected as never);
    const width = this.#operand.BYTES_PER_ELEMENT;
    check(this.#handle.shim.pp_memory_atomic(this.#handle.index, OPERATIONS[operation], width, this.#operands), UNREACHABLE);
    return numberAt(this.#operand, 0);
  }

  protected override get descriptor(): number {
    return this.#handle.shim.pp_memory_fd(this.#handle.index);
  }

  protected override travelling(): Travelling {
    const fd = this.descriptor;
    return { fd, fields: { ...this.#handle.namesFor(fd), type: this.type } };
  }

  protected override free(): void {
    this.#handle.drop();
  }
}

// The offset and the length of the numbers in bytes, for the native library.
function rangeOf(start: number, numbers: NumberArray): BigUint64Array {
  return new BigUint64Array([BigInt(start * numbers.BYTES_PER_ELEMENT), BigInt(numbers.byteLength)]);
}
