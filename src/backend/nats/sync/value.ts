import { Buffer } from "node:buffer";
import { StateError } from "../../../errors/errors.ts";
import {
  bytesPerNumber,
  isNumberType,
  type NumberArray,
  type NumberType,
  type NumberValue,
  numbersOver,
} from "../../../util/number-types.ts";
import { type NumbersPort, type NumbersSettings, type Operation, operateOn } from "../../contract/numbers.ts";
import type { Port } from "../../contract/port.ts";
import type { KindName } from "../port.ts";
import { Made } from "./made.ts";
import { type Known, knownFrom, SyncPort } from "./port.ts";
import { corrupted, type Fields } from "./records.ts";
import type { Cluster } from "./sync.ts";

/** The record of a number. Text in hexadecimal keeps each bit of it, also of NaN and of integers with 64 bits. */
interface ValueFields extends Fields {
  readonly type: NumberType;
  readonly bits: string;
}

/** One number that many hosts share. */
export class NatsValue extends SyncPort implements NumbersPort {
  readonly type: NumberType;
  readonly length = 1;
  readonly #made: Made;

  /** @param first the first state, if this process makes the number; or what another port of it has */
  private constructor(cluster: Cluster, kind: KindName, known: Known, type: NumberType, first: ValueFields | Made | undefined) {
    super(cluster, kind, known, "value");
    this.type = type;
    const check = (fields: Fields): void => void this.#numbers(fields);
    this.#made = first instanceof Made ? first : new Made(cluster.sync, this.key, kind.label, first, check);
  }

  static open(cluster: Cluster, kind: KindName, token: string, { type, values }: NumbersSettings): NatsValue {
    const value = new NatsValue(cluster, kind, { token, came: false }, type, fieldsOf(type, values));
    // A failure comes with the first call.
    void value.sending(value.#made.ready()).catch(() => {});
    return value;
  }

  /** Opens a number that came in a message. */
  static attach(cluster: Cluster, kind: KindName, location: unknown): NatsValue {
    const known = knownFrom(location, `a ${kind.label}`);
    const { type } = Object(location) as { readonly type?: unknown };
    if (!isNumberType(type)) throw corrupted(`value.${known.token}`);
    return new NatsValue(cluster, kind, known, type, undefined);
  }

  again(): Port {
    return new NatsValue(this.cluster, this.kind, this.known, this.type, this.#made);
  }

  async read(): Promise<NumberArray> {
    return this.ask(async () => {
      await this.#made.ready();
      return this.#numbers((await this.cluster.sync.records.read(this.key)).fields);
    });
  }

  async write(_start: number, values: NumberArray): Promise<void> {
    await this.#change(() => ({ next: values, result: undefined }));
  }

  async operate(operation: Operation, operand: NumberValue, expected: NumberValue): Promise<NumberValue> {
    if (operation === "load") return (await this.read())[0] ?? 0;
    return this.#change((numbers) => {
      const result = operateOn(numbers, this.type, [operation, operand, expected]);
      return { next: numbers, result };
    });
  }

  protected override location(): unknown {
    return { token: this.known.token, type: this.type };
  }

  async #change<T>(change: (numbers: NumberArray) => { readonly next: NumberArray; readonly result: T }): Promise<T> {
    let last: T | undefined;
    const changed = this.ask(async () => {
      await this.#made.ready();
      await this.cluster.sync.records.change(this.key, (fields) => {
        const { next, result } = change(this.#numbers(fields));
        last = result;
        const after = fieldsOf(this.type, next);
        return after.bits === fields?.bits ? fields : after;
      });
    });
    await this.sending(changed);
    return last as T;
  }

  #numbers(fields: Fields | undefined): NumberArray {
    const { type, bits } = this.#made.present(fields);
    if (!isNumberType(type) || typeof bits !== "string" || !/^([0-9a-f]{2})+$/.test(bits)) throw corrupted(this.key);
    if (type !== this.type)
      throw new StateError(
        `A value of this name exists with the type ${type}, not ${this.type}: give the same type in every process, or take another name.`,
      );
    const bytes = new Uint8Array(Buffer.from(bits, "hex"));
    if (bytes.length !== bytesPerNumber(type)) throw corrupted(this.key);
    return numbersOver(type, bytes.buffer, 1);
  }
}

function fieldsOf(type: NumberType, numbers: NumberArray): ValueFields {
  const { buffer, byteOffset, byteLength } = numbers;
  return { type, bits: Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("hex") };
}
