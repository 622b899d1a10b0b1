import { Op } from "../../../codec/frame.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import type { Request, Withdraw } from "../hub/request.ts";

/** What a client may ask of an object, by name; each gives how to take a waiting request back, if it waits. */
export type Verbs = Readonly<Record<string, (request: Request, argument: unknown) => Withdraw | undefined>>;

/** Carries out a request `[verb, argument]`. What no client of ours asks is an error that changes nothing. */
export function perform(verbs: Verbs, what: string, request: Request): Withdraw | undefined {
  const { op, meta, answer } = request;
  const [verb, argument] = Array.isArray(meta) ? (meta as unknown[]) : [];
  if (op !== Op.call || typeof verb !== "string" || !Object.hasOwn(verbs, verb)) {
    answer.fail(new CorruptedError(`A ${what} has no operation ${op} ${String(verb)}.`));
    return undefined;
  }
  return verbs[verb]?.(request, argument);
}

/** A whole number that a client sent; throws `CorruptedError` for anything else. */
export function wholeNumber(value: unknown, least = 0): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) throw new CorruptedError("A request has a number that makes no sense.");
  return value as number;
}
