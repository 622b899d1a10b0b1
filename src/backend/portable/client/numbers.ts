import {
  bytesPerNumber,
  copyNumbers,
  makeNumbers,
  type NumberArray,
  type NumberType,
  type NumberValue,
} from "../../../util/number-types.ts";
import type { NumbersPort, Operation } from "../../contract/numbers.ts";
import { PortablePort } from "./port.ts";

// The largest number of bytes that one request reads or writes. It must fit into a frame's meta.
const PART_SIZE = 1 << 19;

export interface NumbersTraits {
  readonly type: NumberType;
  readonly length: number;
}

export class PortableNumbers extends PortablePort<NumbersTraits> implements NumbersPort {
  get type(): NumberType {
    return this.access.traits.type;
  }

  get length(): number {
    return this.access.traits.length;
  }

  async read(start: number, end: number): Promise<NumberArray> {
    const numbers = makeNumbers(this.type, end - start);
    const step = PART_SIZE / bytesPerNumber(this.type);
    for (let at = start; at < end; at += step)
      copyNumbers((await this.perform("read", [at, Math.min(end, at + step)])) as NumberArray, numbers, at - start);
    return numbers;
  }

  async write(start: number, values: NumberArray): Promise<void> {
    const step = PART_SIZE / bytesPerNumber(this.type);
    for (let at = 0; at < values.length; at += step) await this.perform("write", [start + at, values.slice(at, at + step)]);
  }

  async operate(operation: Operation, operand: NumberValue, expected: NumberValue): Promise<NumberValue> {
    return (await this.perform("operate", [operation, operand, expected])) as NumberValue;
  }
}
