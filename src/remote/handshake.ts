import { AuthenticationError } from "../errors/errors.ts";
import { join } from "../util/bytes.ts";
import { crypto } from "../util/lazy-modules.ts";
import { randomBytes } from "../util/random.ts";

// The handshake of CPython's `multiprocessing.connection`. Each side sends a challenge, and the other side replies with an HMAC of it.

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");
const CHALLENGE = encoder.encode("#CHALLENGE#");
const WELCOME = encoder.encode("#WELCOME#");
const FAILURE = encoder.encode("#FAILURE#");
const PREFIX = encoder.encode("{sha256}");
const DIGEST = 32;
const NONCE = 32;
const MARK = 16;
// Up to Python 3.11, a challenge is 20 bytes without the name of a digest, and its proof is an HMAC-MD5 of 16 bytes.
const LEGACY_CHALLENGE = 20;
const LEGACY_PROOF = 16;
const LEGACY = "it knows only the MD5 handshake of Python before 3.12, which is refused: use Python 3.12 or later there";

/** The longest message of the handshake, in bytes. */
export const MAX_GREETING = 256;

// CPython's names of the digests, with the names that the runtimes use. CPython also allows MD5, which is refused here because it is
// broken.
const DIGESTS: Readonly<Record<string, string>> = { sha256: "sha256", sha384: "sha384", sha3_256: "sha3-256", sha3_384: "sha3-384" };

/** Sends messages to, and receives messages from, a process that has not proved yet that it knows the key. */
export interface Peer {
  send(bytes: Uint8Array): Promise<void>;
  recv(): Promise<Uint8Array>;
}

/** The listener's side. It sends its challenge first, so that it proves nothing to a peer that does not know the key. */
export async function admit(peer: Peer, key: Uint8Array): Promise<void> {
  await challenge(peer, key, randomBytes(NONCE + MARK));
  await respond(peer, (message) => proofFor(key, message));
}

/** The client's side. It replies to the listener's challenge first, and then sends its own. */
export async function introduce(peer: Peer, key: Uint8Array): Promise<void> {
  await respond(peer, (message) => {
    if (isMarked(key, message)) throw new AuthenticationError("The other side sent a client's challenge back: it does not know the key.");
    return proofFor(key, message);
  });
  await challenge(peer, key, markedNonce(key));
}

/** Returns the proof of the key for a challenge. Throws `AuthenticationError` for a challenge to which there must be no reply. */
export function proofFor(key: Uint8Array, message: Uint8Array): Uint8Array {
  if (message.length === LEGACY_CHALLENGE) throw refused(LEGACY);
  const name = /^\{(\w+)\}/.exec(decoder.decode(message.subarray(0, 12)))?.[1] ?? "";
  if (message.length < LEGACY_CHALLENGE || !Object.hasOwn(DIGESTS, name))
    throw refused(name === "md5" ? LEGACY : "its challenge is too short, or names a digest that is not allowed");
  const digest = crypto()
    .createHmac(DIGESTS[name] ?? "", key)
    .update(message)
    .digest();
  return join([encoder.encode(`{${name}}`), digest]);
}

async function challenge(peer: Peer, key: Uint8Array, nonce: Uint8Array): Promise<void> {
  const message = join([PREFIX, nonce]);
  await peer.send(join([CHALLENGE, message]));
  const proof = await peer.recv();
  const expected = join([PREFIX, crypto().createHmac("sha256", key).update(message).digest()]);
  if (proof.length === PREFIX.length + DIGEST && crypto().timingSafeEqual(proof, expected)) return peer.send(WELCOME);
  // The peer may be gone already. It has failed the handshake all the same.
  await peer.send(FAILURE).catch(() => {});
  throw refused(proof.length === LEGACY_PROOF ? LEGACY : "it does not know the key");
}

async function respond(peer: Peer, prove: (challenge: Uint8Array) => Uint8Array): Promise<void> {
  const message = await peer.recv();
  if (!equal(message.subarray(0, CHALLENGE.length), CHALLENGE))
    throw refused("it did not ask for the key: it is no listener of this protocol, or one without a key");
  await peer.send(prove(message.subarray(CHALLENGE.length)));
  if (!equal(await peer.recv(), WELCOME)) throw refused("it did not accept our key");
}

// CPython's digest does not depend on which side sent the challenge. So an attacker could send a client's challenge to another client, and
// use the reply. Against that, the nonces of our clients are marked: the last bytes are a digest of the others, and making it needs the
// key. A client does not reply to a marked challenge.
function markedNonce(key: Uint8Array): Uint8Array {
  const random = randomBytes(NONCE);
  return join([random, markOf(key, random)]);
}

function isMarked(key: Uint8Array, message: Uint8Array): boolean {
  if (message.length !== PREFIX.length + NONCE + MARK) return false;
  const nonce = message.subarray(PREFIX.length);
  return crypto().timingSafeEqual(nonce.subarray(NONCE), markOf(key, nonce.subarray(0, NONCE)));
}

function markOf(key: Uint8Array, random: Uint8Array): Uint8Array {
  return crypto().createHmac("sha256", key).update("polyproc client").update(random).digest().subarray(0, MARK);
}

function refused(reason: string): AuthenticationError {
  return new AuthenticationError(`The other side did not pass the handshake: ${reason}.`);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && crypto().timingSafeEqual(a, b);
}
