import { SerializationError } from "../errors/errors.ts";

/** The error for bytes that are no value. `what` says what is wrong with them. */
export function invalid(what: string): SerializationError {
  return new SerializationError(`The bytes that came are no valid value: ${what}.`);
}
