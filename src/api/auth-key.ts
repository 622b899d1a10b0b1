import { describe } from "../util/describe.ts";

/** Returns the bytes of a caller's key. Throws `TypeError` for another type, and `RangeError` for an empty key. */
export function checkAuthKey(key: unknown): Uint8Array {
  if (typeof key !== "string" && !(key instanceof Uint8Array))
    throw new TypeError(`authKey must be a Uint8Array or a string that both sides know, received ${describe(key)}.`);
  const bytes = typeof key === "string" ? new TextEncoder().encode(key) : key.slice();
  if (bytes.length === 0) throw new RangeError("authKey is empty, so anybody could connect: use 32 random bytes.");
  return bytes;
}
