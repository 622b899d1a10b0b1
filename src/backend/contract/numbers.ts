import { CorruptedError } from "../../errors/errors.ts";
import {
  copyNumbers,
  isBigInt,
  makeNumbers,
  type NumberArray,
  type NumberType,
  type NumberValue,
  numberAt,
} from "../../util/number-types.ts";
import type { Kind } from "./kind.ts";
import type { Port } from "./port.ts";

export interface NumbersSettings {
  readonly type: NumberType;
  /** The first values. */
  readonly values: NumberArray;
}

/** The atomic operations on a number. */
export type Operation = "load" | "store" | "add" | "sub" | "and" | "or" | "exchange" | "compareExchange";

/**
 * Numbers that several processes share.
 *
 * @ignore
 */
export interface NumbersPort extends Port {
  readonly type: NumberType;
  readonly length: number;
  /** Returns a copy of the numbers from index `start` up to, but not including, index `end`. */
  read(start: number, end: number): Promise<NumberArray>;
  write(start: number, values: NumberArray): Promise<void>;
  /** Performs an atomic operation on the first number. Returns the number before. */
  operate(operation: Operation, operand: NumberValue, expected: NumberValue): Promise<NumberValue>;
  /** Like `operate`, but without a promise, if the backend can do that. */
  operateNow?(operation: Operation, operand: NumberValue, expected: NumberValue): NumberValue;
  /** A view of the shared memory itself, if the backend has one. It is valid until the port is released. */
  readonly view?: NumberArray;
}

export const SHARED_VALUE: Kind<NumbersPort, NumbersSettings> = { name: "sharedValue", label: "shared value" };
export const SHARED_ARRAY: Kind<NumbersPort, NumbersSettings> = { name: "sharedArray", label: "shared array" };

/**
 * Performs an operation on the first of some numbers. Returns the number before. The operands come from another process: throws
 * `CorruptedError` if they do not fit.
 */
export function operateOn(numbers: NumberArray, type: NumberType, request: readonly unknown[]): NumberValue {
  const [operation, operand, expected] = request;
  const before = numberAt(numbers, 0);
  const after = resultOf(operation as Operation, before, asStored(type, operand), asStored(type, expected));
  if (!Object.is(after, before)) copyNumbers(makeNumbers(type, 1).fill(after as never), numbers, 0);
  return before;
}

// Converts an operand to the number's type first. With a larger operand, the result would depend on how the sum is rounded.
function asStored(type: NumberType, value: unknown): NumberValue {
  if (typeof value !== (isBigInt(type) ? "bigint" : "number")) throw new CorruptedError("A request has an operand of another type.");
  return numberAt(makeNumbers(type, 1).fill(value as never), 0);
}

function resultOf(operation: Operation, before: NumberValue, operand: NumberValue, expected: NumberValue): NumberValue {
  // Both are numbers, or both are BigInts. The result wraps around when it is stored.
  const [a, b] = [before, operand] as [number, number];
  switch (operation) {
    case "load":
      return before;
    case "store":
    case "exchange":
      return operand;
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "compareExchange":
      return before === expected ? operand : before;
    default:
      throw new CorruptedError("A request has an unknown operation on numbers.");
  }
}
