// What comes back from a call of a managed object: the bytes of a value, and behind them one byte that says what the value is.
import type { Incoming } from "../backend/contract/message.ts";
import { unseal } from "../codec/envelope.ts";
import { CorruptedError } from "../errors/errors.ts";
import { acceptPart } from "../objects/delivery.ts";
import { type Packed, packLent, packReport } from "../objects/message.ts";

export const Status = {
  /** The value is the result. */
  result: 0,
  /** The value is what the call threw. */
  error: 1,
  /** What was asked for is not there. There is no value. */
  missing: 2,
  /** The value is a proxy of an iterator. */
  iterator: 3,
  /** The iterator has no more values. The value is what it returned. */
  done: 4,
} as const;

/** The outcome of a call. */
export interface Outcome {
  readonly status: number;
  /** It is a promise if shared objects are inside. */
  readonly value: unknown;
}

/** Says what a result is, if it is not a plain value. */
export class Special {
  readonly status: number;
  readonly value: unknown;
  /** Called when the value is packed. */
  readonly packed: () => void;

  constructor(status: number, value?: unknown, packed: () => void = () => {}) {
    this.status = status;
    this.value = value;
    this.packed = packed;
  }
}

/** What was asked for is not there. */
export const MISSING: Special = new Special(Status.missing);

/** Packs the result of a call. Throws `SerializationError` with the path to a part that can't travel. */
export function packResult(result: unknown): Packed {
  const { status, value } = result instanceof Special ? result : { status: Status.result, value: result };
  return packLent(value, "result", (out) => out.byte(status));
}

/** Packs what a call threw. A part of it that can't travel is described. */
export function packError(error: unknown): Packed {
  return packReport(error, (out) => out.byte(Status.error));
}

/** Opens a reply. Its value is decoded before this returns, unless shared objects are inside. */
export function openReply(incoming: Incoming): Outcome {
  const { bytes, refs } = incoming.message.refs.length > 0 ? incoming.message : unseal(incoming.message.bytes);
  const status = bytes.at(-1);
  if (status === undefined || status > Status.done) {
    incoming.settle();
    throw new CorruptedError("The reply of a manager's server is malformed: it comes from no polyproc process of this version.");
  }
  return { status, value: acceptPart(incoming, { bytes: bytes.subarray(0, -1), refs }) };
}
