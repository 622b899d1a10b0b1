import { createHmac } from "node:crypto";
import { MAX_MESSAGE } from "../../../src/codec/tags.ts";
import type { Random } from "../../../tools/random.ts";
import { mutate } from "./values.ts";

/** The frames of a stream, parsed independently of the library. */
export interface ParsedFrames {
  readonly messages: readonly Uint8Array[];
  /** A message above the limit comes next. */
  readonly tooLong: boolean;
  /** The part of the last message that has arrived, if the message is not whole. `expected` is 0 while its length is unknown. */
  readonly torn: { readonly arrived: number; readonly expected: number } | undefined;
}

/** Parses frames by their definition. `limitOf` gives the longest length that is allowed for the message of an index. */
export function parseFrames(bytes: Uint8Array, limitOf: (index: number) => number): ParsedFrames {
  const messages: Uint8Array[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; ; ) {
    const left = buffer.length - at;
    const short = left < 4 ? undefined : buffer.readInt32BE(at);
    const isLong = short === -1;
    const head = isLong ? 12 : 4;
    if (short === undefined || left < head) {
      const torn = left === 0 ? undefined : { arrived: 0, expected: 0 };
      return { messages, tooLong: false, torn };
    }
    const length = isLong ? Number(buffer.readBigUInt64BE(at + 4)) : short;
    if (length < 0 || length > limitOf(messages.length)) return { messages, tooLong: true, torn: undefined };
    if (left < head + length) return { messages, tooLong: false, torn: { arrived: left - head, expected: length } };
    messages.push(bytes.slice(at + head, at + head + length));
    at += head + length;
  }
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export function equal(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

const CHALLENGE = text("#CHALLENGE#");
export const WELCOME: Uint8Array = text("#WELCOME#");
export const FAILURE: Uint8Array = text("#FAILURE#");
const DIGESTS = ["sha256", "sha384", "sha3_256", "sha3_384", "md5", "sha1", "SHA256", "__proto__", "toString", "", "a".repeat(40)];

/** The reply that proves the key to the sender of this "#CHALLENGE#...". */
export function proofOf(key: Uint8Array, challenge: Uint8Array | undefined): Uint8Array {
  const asked = (challenge ?? CHALLENGE).subarray(CHALLENGE.length);
  return concat(text("{sha256}"), createHmac("sha256", key).update(asked).digest());
}

/** A message that a peer without the key could send during a handshake. */
export function strangeMessage(random: Random, heard: readonly Uint8Array[]): Uint8Array {
  const size = random.pick([0, 12, 20, 32, 40, 48, 64, 240, 256, 257]);
  switch (random.int(7)) {
    case 0:
      return random.pick([WELCOME, FAILURE, CHALLENGE]);
    case 1:
      return concat(CHALLENGE, text(`{${random.pick(DIGESTS)}}`), random.bytes(size));
    case 2:
      return concat(text(`{${random.pick(DIGESTS)}}`), random.bytes(size));
    case 3:
      return concat(CHALLENGE, random.bytes(size));
    case 4:
      return random.bytes(size);
    default: {
      const word = heard.length === 0 ? WELCOME : random.pick(heard);
      return random.once(2) ? word : mutate(random, word, random.pick([WELCOME, ...heard]));
    }
  }
}

/** The messages that an attacker passes on in place of one message. */
export function tamper(random: Random, message: Uint8Array, heard: readonly Uint8Array[]): readonly Uint8Array[] {
  const word = strangeMessage(random, heard);
  switch (random.int(8)) {
    case 0:
    case 1:
      return [mutate(random, message, word)];
    case 2:
      return [];
    case 3:
      return [message, message];
    case 4:
      return [word, message];
    case 5:
      return [message, word];
    case 6:
      return [random.once(2) ? concat(message, random.bytes(random.int(260))) : message.slice(0, random.int(message.length + 1))];
    default:
      return [random.once(2) ? WELCOME : word];
  }
}

const LENGTHS = [0, 1, 255, 256, 257, 1 << 16, MAX_MESSAGE + 1, 2 ** 31 - 1, -2, -(2 ** 31)];
const LONG_LENGTHS = [0n, 1n, 256n, 257n, BigInt(MAX_MESSAGE) + 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];

/** A frame in one of the two forms of its length. With `lies` the length is wrong now and then. */
export function framed(random: Random, message: Uint8Array, lies: boolean): Uint8Array {
  const isLong = random.once(4);
  const isLie = lies && random.once(20);
  const head = Buffer.alloc(isLong ? 12 : 4, 0xff);
  if (isLong) head.writeBigUInt64BE(isLie ? random.pick(LONG_LENGTHS) : BigInt(message.length), 4);
  else head.writeInt32BE(isLie ? random.pick(LENGTHS) : message.length);
  return concat(head, message);
}
