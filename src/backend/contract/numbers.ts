import type { NumberArray, NumberType, NumberValue } from "../../util/number-types.ts";
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
