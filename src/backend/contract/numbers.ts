import type { NumberArray, NumberType, NumberValue } from "../../util/number-types.ts";
import type { Kind } from "./kind.ts";
import type { Port } from "./port.ts";

export interface NumbersSettings {
  readonly type: NumberType;
  /** The first values. */
  readonly values: NumberArray;
}

/** What is done with a number in one step. */
export type Operation = "load" | "store" | "add" | "sub" | "and" | "or" | "exchange" | "compareExchange";

/** Numbers that several processes see. */
export interface NumbersPort extends Port {
  readonly type: NumberType;
  readonly length: number;
  /** A copy of the numbers from `start` to before `end`. */
  read(start: number, end: number): Promise<NumberArray>;
  write(start: number, values: NumberArray): Promise<void>;
  /** Changes the first number in one step. Gives what there was before. */
  operate(operation: Operation, operand: NumberValue, expected: NumberValue): Promise<NumberValue>;
  /** The numbers themselves, until the port is released, where the backend has shared memory. */
  readonly view?: NumberArray;
}

export const SHARED_VALUE: Kind<NumbersPort, NumbersSettings> = { name: "sharedValue", label: "shared value" };
export const SHARED_ARRAY: Kind<NumbersPort, NumbersSettings> = { name: "sharedArray", label: "shared array" };
