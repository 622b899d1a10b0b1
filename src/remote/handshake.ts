import { AuthenticationError } from "../errors/errors.ts";
import { join } from "../util/bytes.ts";
import { crypto } from "../util/lazy-modules.ts";
import { randomBytes } from "../util/random.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");
const CHALLENGE = encoder.encode("#CHALLENGE#");
const WELCOME = encoder.encode("#WELCOME#");
const FAILURE = encoder.encode("#FAILURE#");
const PREFIX = encoder.encode("{sha256}");
const DIGEST = 32;
const NONCE = 32;
const MARK = 16;
// Up to Python 3.11 a challenge is 20 bytes without a digest's name, and its answer an HMAC-MD5 of 16.
const LEGACY_CHALLENGE = 20;
const LEGACY_ANSWER = 16;
const LEGACY = "it speaks only the MD5 handshake of Python before 3.12, which is refused: use Python 3.12 or later there";

/** The longest message of the handshake, in bytes. */
export const MAX_GREETING = 256;

/** CPython's names of the digests, and the runtime's: MD5, which it allows too, is not among them. */
const DIGESTS: Readonly<Record<string, string>> = { sha256: "sha256", sha384: "sha384", sha3_256: "sha3-256", sha3_384: "sha3-384" };

/** Messages to and from a peer that is nobody yet. */
export interface Channel {
  send(bytes: Uint8Array): Promise<void>;
  recv(): Promise<Uint8Array>;
}

/** The listener's side: it asks first, so that it answers nobody who has not proved to know the key. */
export async function admit(channel: Channel, key: Uint8Array): Promise<void> {
  await challenge(channel, key, randomBytes(NONCE + MARK));
  await respond(channel, (message) => answer(key, message));
}

/** The client's side. */
export async function introduce(channel: Channel, key: Uint8Array): Promise<void> {
  await respond(channel, (message) => {
    if (isMarked(key, message)) throw new AuthenticationError("The other side sent a client's challenge back: it does not know the key.");
    return answer(key, message);
  });
  await challenge(channel, key, markedNonce(key));
}

/** What proves the key to who sent this challenge; throws `AuthenticationError` for one that must not be answered. */
export function answer(key: Uint8Array, challenge: Uint8Array): Uint8Array {
  if (challenge.length === LEGACY_CHALLENGE) throw refused(LEGACY);
  const name = /^\{(\w+)\}/.exec(decoder.decode(challenge.subarray(0, 12)))?.[1] ?? "";
  if (challenge.length < LEGACY_CHALLENGE || !Object.hasOwn(DIGESTS, name))
    throw refused(name === "md5" ? LEGACY : "its challenge is too short, or names a digest that is not allowed");
  const proof = crypto()
    .createHmac(DIGESTS[name] ?? "", key)
    .update(challenge)
    .digest();
  return join([encoder.encode(`{${name}}`), proof]);
}

async function challenge(channel: Channel, key: Uint8Array, nonce: Uint8Array): Promise<void> {
  const asked = join([PREFIX, nonce]);
  await channel.send(join([CHALLENGE, asked]));
  const proof = await channel.recv();
  const expected = join([PREFIX, crypto().createHmac("sha256", key).update(asked).digest()]);
  if (proof.length === PREFIX.length + DIGEST && crypto().timingSafeEqual(proof, expected)) return channel.send(WELCOME);
  await channel.send(FAILURE);
  throw refused(proof.length === LEGACY_ANSWER ? LEGACY : "it does not know the key");
}

async function respond(channel: Channel, prove: (challenge: Uint8Array) => Uint8Array): Promise<void> {
  const asked = await channel.recv();
  if (!equal(asked.subarray(0, CHALLENGE.length), CHALLENGE))
    throw refused("it did not ask for the key: it is no listener of this protocol, or one without a key");
  await channel.send(prove(asked.subarray(CHALLENGE.length)));
  if (!equal(await channel.recv(), WELCOME)) throw refused("it did not accept our key");
}

// CPython's digest does not say who asked. A client's nonce does, to those who know the key: its last bytes are a digest of the others,
// so no client will answer what was asked of the other side.
function markedNonce(key: Uint8Array): Uint8Array {
  const random = randomBytes(NONCE);
  return join([random, mark(key, random)]);
}

function isMarked(key: Uint8Array, message: Uint8Array): boolean {
  if (message.length !== PREFIX.length + NONCE + MARK) return false;
  const nonce = message.subarray(PREFIX.length);
  return crypto().timingSafeEqual(nonce.subarray(NONCE), mark(key, nonce.subarray(0, NONCE)));
}

function mark(key: Uint8Array, random: Uint8Array): Uint8Array {
  return crypto().createHmac("sha256", key).update("polyproc client").update(random).digest().subarray(0, MARK);
}

function refused(why: string): AuthenticationError {
  return new AuthenticationError(`The other side did not pass the handshake: ${why}.`);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && crypto().timingSafeEqual(a, b);
}
