import { unseal } from "../../../codec/envelope.ts";
import { startTimer, stopTimer, type Timer } from "../../../util/clock.ts";
import type { Ref } from "../../contract/ref.ts";
import { EAGAIN, ECONNREFUSED, ECONNRESET } from "../library/errno.ts";
import { text } from "../library/result.ts";
import { bytesOf, checkTokens, tokensOf } from "./keeper.ts";
import { type Home, locationsOf } from "./location.ts";
import type { NativeThread } from "./native-thread.ts";

// A keeper drops a claim if many later ones come before its request. After so many attempts, the keeper counts as gone.
const MOST_TRIES = 16;
// The delay in milliseconds after which a claim is tried again for which the keeper's socket had no room.
const RETRY_MS = 20;

/** One claim of a descriptor from another process's keeper. That process may be stopped, so the reply may take any time. */
class Claim {
  readonly token: string;
  /** The descriptor, or the error of the claim. `undefined` before the reply. */
  result: number | undefined;
  readonly #thread: NativeThread;
  readonly #id: number;
  #keeper: string;
  #asked: Uint8Array;
  #home: Home | undefined;
  #socket = -1;
  #tries = 0;
  #timer: Timer | undefined;

  constructor(thread: NativeThread, { keeper, token, home }: Wanted, replied: () => void) {
    this.token = token;
    this.#thread = thread;
    this.#keeper = keeper;
    this.#asked = bytesOf(token);
    this.#home = home;
    this.#id = thread.inbox.add(() => {
      if (this.look(0)) replied();
      else this.#watch();
    });
    this.#begin();
  }

  /** Looks for the reply, for `ms` at most. */
  look(ms: number): boolean {
    if (this.result !== undefined) return true;
    if (this.#socket < 0 && !this.#begin()) return this.result !== undefined;
    const status = this.#thread.inbox.shim.pp_claim_end(this.#socket, ms);
    if (status === EAGAIN) return false;
    this.#socket = -1;
    if (status === ECONNRESET && ++this.#tries < MOST_TRIES) return this.look(0);
    this.#replied(status);
    return this.result !== undefined;
  }

  close(): void {
    if (this.#socket >= 0) this.#thread.inbox.shim.pp_close(this.#socket);
    this.#end(ECONNREFUSED);
  }

  #begin(): boolean {
    const { shim, id } = this.#thread.inbox;
    const status = shim.pp_claim_begin(text(this.#keeper), this.#asked);
    if (status >= 0) {
      this.#socket = status;
      shim.pp_own(id, status);
    } else if (status !== EAGAIN) this.#replied(status);
    this.#watch();
    return status >= 0;
  }

  #replied(status: number): void {
    const home = this.#home;
    if (home === undefined || (status !== ECONNREFUSED && status !== ECONNRESET)) return this.#end(status);
    // The sender has ended. The process that made the object may still have it open.
    this.#home = undefined;
    this.#keeper = home.keeper;
    this.#asked = bytesOf(home.token);
    this.#tries = 0;
    if (this.#thread.keeper.isElsewhere(home)) this.#begin();
    else this.#end(this.#thread.inbox.shim.pp_claim(this.#asked));
  }

  #watch(): void {
    const { shim, id } = this.#thread.inbox;
    if (this.result !== undefined) return;
    const status = this.#socket >= 0 ? shim.pp_watch_fd(id, this.#id, this.#socket, 0) : EAGAIN;
    if (status >= 0) return;
    stopTimer(this.#timer);
    this.#timer = startTimer(() => this.#thread.inbox.handle(this.#id), RETRY_MS);
  }

  #end(status: number): void {
    this.result ??= status;
    stopTimer(this.#timer);
    this.#thread.inbox.remove(this.#id);
  }
}

/** A descriptor that is wanted from a keeper. */
interface Wanted extends Home {
  /** Where it is claimed if that keeper is gone. */
  readonly home: Home | undefined;
}

/** The descriptors of a message, on their way from the keepers of other processes. */
export class Fetching {
  readonly #thread: NativeThread;
  readonly #claims: readonly Claim[];
  readonly #refs: readonly Ref[];
  #ready: () => void = () => {};
  #isOver = false;

  private constructor(thread: NativeThread, refs: readonly Ref[], wanted: readonly Wanted[]) {
    this.#thread = thread;
    this.#refs = refs;
    this.#claims = wanted.map(
      (each) =>
        new Claim(thread, each, () => {
          if (this.look(0)) this.#ready();
        }),
    );
  }

  /** Begins to fetch the descriptors for these references. `undefined` if none has to be fetched. */
  static begin(thread: NativeThread, refs: readonly Ref[]): Fetching | undefined {
    const elsewhere = locationsOf(refs).filter((location) => thread.keeper.isElsewhere(location));
    const wanted = elsewhere.flatMap((location) => {
      const { keeper, home } = location;
      if (home !== undefined) checkTokens([home.token]);
      const all = tokensOf(location).map((token, i) => ({ keeper, token, home: i === 0 ? home : undefined }));
      return all.filter(({ token }) => !thread.keeper.hasFetched(token));
    });
    return wanted.length === 0 ? undefined : new Fetching(thread, refs, wanted);
  }

  /** Whether all descriptors are here, or known to be gone. Waits up to `ms` for that. `Keeper.take` finds them then. */
  look(ms: number): boolean {
    if (this.#isOver) return true;
    if (!this.#claims.every((claim) => claim.look(ms))) return false;
    this.#isOver = true;
    for (const { token, result = ECONNREFUSED } of this.#claims) this.#thread.keeper.putAside(token, result);
    return true;
  }

  /** Calls `ready` once when they are here. Nothing is called if they are here already. */
  whenReady(ready: () => void): void {
    this.#ready = ready;
  }

  /** Gives up the descriptors that no object has taken over. */
  end(): void {
    if (this.#isOver) this.#thread.keeper.dropFetched(this.#refs);
    else
      for (const claim of this.#claims) if (claim.result !== undefined && claim.result >= 0) this.#thread.inbox.shim.pp_close(claim.result);
    if (!this.#isOver) for (const claim of this.#claims) claim.close();
    this.#isOver = true;
  }
}

/** Returns the references in the bytes of a message. None if the bytes are damaged: whoever decodes the message reports that. */
export function refsIn(bytes: Uint8Array): readonly Ref[] {
  try {
    return unseal(bytes).refs;
  } catch {
    return [];
  }
}
