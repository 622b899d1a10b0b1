import { Op } from "../../../codec/op.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import type { Request, Withdraw } from "../hub/request.ts";

/** The operations of an object, by name. An operation whose request has to wait returns the function that withdraws the request. */
export type Operations = Readonly<Record<string, (request: Request, argument: unknown) => Withdraw | undefined>>;

/** Carries out a request `[operation, argument]`. An unknown operation is an error that changes nothing. */
export function perform(operations: Operations, kind: string, request: Request): Withdraw | undefined {
  const { op, meta, responder } = request;
  const [name, argument] = Array.isArray(meta) ? (meta as unknown[]) : [];
  if (op !== Op.call || typeof name !== "string" || !Object.hasOwn(operations, name)) {
    responder.fail(new CorruptedError(`A ${kind} has no operation ${op} ${typeof name === "string" ? name : "without a name"}.`));
    return undefined;
  }
  return operations[name]?.(request, argument);
}

/** Checks a whole number that a client sent. Throws `CorruptedError` for anything else. */
export function wholeNumber(value: unknown, least = 0): number {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw new CorruptedError("A request has a number that is out of range: its sender is no polyproc process of this version.");
  return value as number;
}
