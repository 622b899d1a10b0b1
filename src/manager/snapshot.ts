import { decode } from "../codec/decode.ts";
import { packLent } from "../objects/message.ts";

/**
 * Returns a copy of arguments that travel later, as they are now. Arguments with shared objects inside stay as they are.
 *
 * @throws {SerializationError} if an argument can't travel
 */
export function snapshot(args: readonly unknown[]): readonly unknown[] {
  const packed = packLent(args, "args");
  if (packed.refs.length === 0) return decode(packed.bytes) as unknown[];
  packed.release(false);
  return [...args];
}
