import { Buffer } from "node:buffer";

// A string shorter than this is made faster by the loop below than by one call of the runtime.
const SHORT = 10;

// Every runtime has this method of Buffer, which takes any array of bytes, and none documents it.
const { latin1Slice } = Buffer.prototype as { latin1Slice?: (this: Uint8Array, start: number, end: number) => string };

/** Returns bytes as text: each is one code unit. */
export function latin1From(bytes: Uint8Array, start: number, end: number): string {
  if (latin1Slice !== undefined && end - start >= SHORT) return latin1Slice.call(bytes, start, end);
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] ?? 0);
  return text;
}
