import { TimeoutError } from "../../errors/errors.ts";
import { hostSilent } from "../../errors/messages.ts";

const outcomes = new WeakMap<object, Promise<boolean>>();

// The errors of puts and sends whose callers stop waiting before anybody knows whether they will succeed. `outcome` tells that later. The
// objects inside the message must live until then. `cause` is the reason of the signal that ended the wait, if one did.

/** A put to a process that does not reply. */
export function putOpen(outcome: Promise<boolean>, cause: unknown): TimeoutError {
  return open(hostSilent("The item may still be put"), outcome, cause);
}

/** A send of which the other end has read only a part. */
export function partlySent(outcome: Promise<boolean>, cause: unknown): TimeoutError {
  return open("The other end did not read in time. A part of the message is sent, and the rest follows when it reads.", outcome, cause);
}

function open(message: string, outcome: Promise<boolean>, cause: unknown): TimeoutError {
  const error = new TimeoutError(message, { fields: { mayHaveHappened: true }, ...(cause === undefined ? {} : { cause }) });
  outcomes.set(error, outcome);
  outcome.catch(() => {});
  return error;
}

/** Returns the later outcome of a put or send that rejected with this error, or `undefined` if it has failed for good. */
export function outcomeOf(error: unknown): Promise<boolean> | undefined {
  return typeof error === "object" && error !== null ? outcomes.get(error) : undefined;
}
