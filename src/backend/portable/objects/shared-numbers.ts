import { CorruptedError } from "../../../errors/errors.ts";
import { cellAt, copyCells, isBig, makeCells } from "../../../util/number-types.ts";
import type { Cell, CellArray, CellType, Operation } from "../../contract/backend.ts";
import type { Hosted, Request, Withdraw } from "../hub/request.ts";
import { perform, type Verbs, wholeNumber } from "./operations.ts";

/** Shared numbers as their hub keeps them. */
export class CellsState implements Hosted {
  readonly #type: CellType;
  readonly #cells: CellArray;

  constructor(type: CellType, values: CellArray) {
    this.#type = type;
    this.#cells = values;
  }

  readonly #verbs: Verbs = {
    read: ({ answer }, range) => {
      const [start, end] = Array.isArray(range) ? range : [];
      answer.reply(this.#cells.slice(wholeNumber(start), wholeNumber(end)));
      return undefined;
    },
    write: ({ answer }, place) => {
      const [start, values] = Array.isArray(place) ? place : [];
      const at = wholeNumber(start);
      if (values?.constructor !== this.#cells.constructor || at + values.length > this.#cells.length)
        throw new CorruptedError("A request writes what does not fit.");
      copyCells(values as CellArray, this.#cells, at);
      answer.reply();
      return undefined;
    },
    operate: ({ answer }, request) => {
      const [operation, operand, expected] = Array.isArray(request) ? request : [];
      answer.reply(this.#operate(operation as Operation, this.#cell(operand), this.#cell(expected)));
      return undefined;
    },
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#verbs, "shared array", request);
  }

  arrive(): void {}
  depart(): void {}
  discard(): void {}

  // As it is when it is stored: what comes of larger numbers would depend on the sum's rounding.
  #cell(value: unknown): Cell {
    if (typeof value !== (isBig(this.#type) ? "bigint" : "number")) throw new CorruptedError("A request has an operand of another type.");
    return cellAt(makeCells(this.#type, 1).fill(value as never), 0);
  }

  #operate(operation: Operation, operand: Cell, expected: Cell): Cell {
    const before = cellAt(this.#cells, 0);
    const after = this.#result(operation, before, operand, expected);
    if (!Object.is(after, before)) copyCells(makeCells(this.#type, 1).fill(after as never), this.#cells, 0);
    return before;
  }

  #result(operation: Operation, before: Cell, operand: Cell, expected: Cell): Cell {
    // Both are of one type: its arithmetic wraps when the result is stored.
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
        throw new CorruptedError("A request names no operation.");
    }
  }
}
