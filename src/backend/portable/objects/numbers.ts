import { CorruptedError } from "../../../errors/errors.ts";
import {
  copyNumbers,
  isBigInt,
  makeNumbers,
  type NumberArray,
  type NumberType,
  type NumberValue,
  numberAt,
} from "../../../util/number-types.ts";
import type { NumbersSettings, Operation } from "../../contract/numbers.ts";
import type { HubObject, Request, Withdraw } from "../hub/request.ts";
import { type Operations, perform, wholeNumber } from "./operations.ts";

/** The state of shared numbers, in their hub. */
export class NumbersState implements HubObject {
  readonly #type: NumberType;
  readonly #numbers: NumberArray;

  constructor({ type, values }: NumbersSettings) {
    this.#type = type;
    this.#numbers = values;
  }

  readonly #operations: Operations = {
    read: ({ responder }, range) => {
      const [start, end] = Array.isArray(range) ? range : [];
      responder.reply(this.#numbers.slice(wholeNumber(start), wholeNumber(end)));
      return undefined;
    },
    write: ({ responder }, argument) => {
      const [start, values] = Array.isArray(argument) ? argument : [];
      const at = wholeNumber(start);
      if (values?.constructor !== this.#numbers.constructor || at + values.length > this.#numbers.length)
        throw new CorruptedError("A request writes numbers of another type, or outside of the array.");
      copyNumbers(values as NumberArray, this.#numbers, at);
      responder.reply();
      return undefined;
    },
    operate: ({ responder }, argument) => {
      const [operation, operand, expected] = Array.isArray(argument) ? argument : [];
      responder.reply(this.#operate(operation as Operation, this.#asStored(operand), this.#asStored(expected)));
      return undefined;
    },
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#operations, "shared array", request);
  }

  // Converts an operand to the number's type first. With a larger operand, the result would depend on how the sum is rounded.
  #asStored(value: unknown): NumberValue {
    if (typeof value !== (isBigInt(this.#type) ? "bigint" : "number"))
      throw new CorruptedError("A request has an operand of another type.");
    return numberAt(makeNumbers(this.#type, 1).fill(value as never), 0);
  }

  #operate(operation: Operation, operand: NumberValue, expected: NumberValue): NumberValue {
    const before = numberAt(this.#numbers, 0);
    const after = this.#result(operation, before, operand, expected);
    if (!Object.is(after, before)) copyNumbers(makeNumbers(this.#type, 1).fill(after as never), this.#numbers, 0);
    return before;
  }

  #result(operation: Operation, before: NumberValue, operand: NumberValue, expected: NumberValue): NumberValue {
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
}
