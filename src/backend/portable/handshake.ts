import { AuthenticationError } from "../../errors/errors.ts";
import { join } from "../../util/bytes.ts";
import { crypto } from "../../util/lazy-modules.ts";
import { randomBytes } from "../../util/random.ts";

const HELLO = new TextEncoder().encode("polyproc/1\n");
const NONCE_SIZE = 32;
const PROOF_SIZE = 32;

/** The size of what a hub sends first. */
export const HELLO_SIZE: number = HELLO.length + NONCE_SIZE;

/**
 * What a client sends in place of its nonce and its proof if it only wants to know what the hub hosts. It need not know the secret: only
 * this user can connect at all.
 */
export const QUESTION: Uint8Array = join([
  new TextEncoder().encode("polyproc/1 what is here?\n"),
  new Uint8Array(NONCE_SIZE + PROOF_SIZE),
]).slice(0, NONCE_SIZE + PROOF_SIZE);

export type Role = "hub" | "client";

/**
 * The first bytes on a connection. With them, each side proves to the other that it knows the secret. The hub sends a hello and a nonce,
 * the client a nonce and its proof, and the hub its own proof. There is no time limit, because a process that is busy replies late.
 */
export class Handshake {
  readonly #isHub: boolean;
  readonly #secret: Uint8Array;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #asked: () => void;
  readonly #ownNonce = randomBytes(NONCE_SIZE);
  #peerNonce: Uint8Array | undefined;
  // The bytes that came and were not handled yet.
  #unread: Uint8Array = new Uint8Array(0);

  /** @param asked called in a hub when a client sends the {@link QUESTION} */
  constructor(role: Role, secret: Uint8Array, write: (bytes: Uint8Array) => void, asked: () => void = () => {}) {
    this.#asked = asked;
    this.#isHub = role === "hub";
    this.#secret = secret;
    this.#write = write;
    if (this.#isHub) write(join([HELLO, this.#ownNonce]));
  }

  /** Whether the other side's nonce has come. */
  get hasBegun(): boolean {
    return this.#peerNonce !== undefined;
  }

  /** Handles bytes that came. Once the handshake is complete, returns the bytes that follow it. Throws `AuthenticationError`. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    this.#unread = join([this.#unread, chunk]);
    return (this.#isHub ? this.#checkClient() : this.#checkHub()) ? this.#take(this.#unread.length) : undefined;
  }

  #checkClient(): boolean {
    if (this.#unread.length < NONCE_SIZE + PROOF_SIZE) return false;
    if (QUESTION.every((byte, i) => this.#unread[i] === byte)) {
      this.#take(this.#unread.length);
      this.#asked();
      return false;
    }
    this.#peerNonce = this.#take(NONCE_SIZE);
    this.#verify("client", this.#take(PROOF_SIZE), this.#peerNonce);
    this.#write(this.#proof("hub", this.#peerNonce, this.#ownNonce));
    return true;
  }

  #checkHub(): boolean {
    if (this.#peerNonce === undefined) {
      if (this.#unread.length < HELLO.length + NONCE_SIZE) return false;
      if (!HELLO.every((byte, i) => this.#unread[i] === byte)) {
        throw new AuthenticationError(
          "The other side is no polyproc process, or one of another version: use one version in the whole tree.",
        );
      }
      this.#take(HELLO.length);
      this.#peerNonce = this.#take(NONCE_SIZE);
      this.#write(join([this.#ownNonce, this.#proof("client", this.#peerNonce, this.#ownNonce)]));
    }
    if (this.#unread.length < PROOF_SIZE) return false;
    this.#verify("hub", this.#take(PROOF_SIZE), this.#peerNonce);
    return true;
  }

  #take(size: number): Uint8Array {
    const taken = this.#unread.slice(0, size);
    this.#unread = this.#unread.slice(size);
    return taken;
  }

  #proof(prover: Role, challenge: Uint8Array, ownNonce: Uint8Array): Uint8Array {
    return crypto().createHmac("sha256", this.#secret).update(HELLO).update(prover).update(challenge).update(ownNonce).digest();
  }

  #verify(prover: Role, proof: Uint8Array, peerNonce: Uint8Array): void {
    if (!crypto().timingSafeEqual(proof, this.#proof(prover, this.#ownNonce, peerNonce))) throw noSecret();
  }
}

export function noSecret(): AuthenticationError {
  return new AuthenticationError("The two sides do not know the same secret: shared objects travel only inside one process tree.");
}
