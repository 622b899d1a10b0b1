import { CorruptedError } from "../../../errors/errors.ts";
import { copyNumbers, type NumberArray, type NumberType } from "../../../util/number-types.ts";
import { type NumbersSettings, operateOn } from "../../contract/numbers.ts";
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
      responder.reply(operateOn(this.#numbers, this.#type, Array.isArray(argument) ? argument : []));
      return undefined;
    },
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#operations, "shared array", request);
  }
}
