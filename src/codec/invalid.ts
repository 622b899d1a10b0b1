import { SerializationError } from "../errors/errors.ts";

/** Makes the error for bytes that are not a valid value. `what` says what is wrong with them. */
export function invalid(what: string): SerializationError {
  return new SerializationError(`The bytes that came are no valid value: ${what}.`);
}
