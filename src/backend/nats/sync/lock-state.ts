import { StateError } from "../../../errors/errors.ts";
import { notHeldHere } from "../../../errors/messages.ts";
import type { Grant, Lease } from "../../contract/lock.ts";
import { leaseLost, objectGone } from "../errors.ts";
import { Line } from "../line.ts";
import type { Waiting } from "../waiting.ts";
import { lookUntil } from "./looks.ts";
import { corrupted, type Fields, type StateRecord } from "./records.ts";
import { isSessionId, type Others, type Session } from "./session.ts";
import type { Shared, Sync } from "./sync.ts";

/** A hold of the lock by this process. */
interface Hold extends Lease {
  readonly session: Session;
  /** Whether the holder before it died, and this process has been told so. */
  readonly grant: Grant;
  depth: number;
  /** Ends it, and tells those who use it. */
  readonly lose: () => void;
  /** Called when it has ended otherwise. */
  readonly forget: () => void;
}

/** The record of a lock. Without one, nobody holds it. */
interface LockFields {
  /** The session that holds it. */
  readonly holder: string | null;
  readonly abandoned: boolean;
  readonly recursive: boolean;
}

/**
 * What this process has of a lock. Whoever takes the lock writes the name of a session into its record. The revision of that write is the token,
 * because the revisions of a bucket only rise.
 */
export class LockState implements Shared {
  readonly #key: string;
  readonly #sync: Sync;
  readonly #recursive: boolean;
  // An object without a name has a record until its maker removes it, so that others see that it is gone.
  readonly #isUnnamed: boolean;
  readonly #line = new Line();
  #making: Promise<unknown> | undefined;
  #hold: Hold | undefined;
  #look: Promise<unknown> | undefined;
  #wasLost = false;
  #releases = 0;

  constructor(sync: Sync, key: string, options: { readonly isNamed: boolean; readonly isRecursive: boolean }) {
    this.#sync = sync;
    this.#key = key;
    this.#recursive = options.isRecursive;
    this.#isUnnamed = !options.isNamed;
  }

  /** Writes the record of a new lock without a name. */
  async make(): Promise<void> {
    this.#making = this.#sync.own(this.#key).then(() => this.#sync.records.write(this.#key, this.#free(false), 0));
    await this.#making;
  }

  /** The hold of this process, if it has one that is not lost. */
  get hold(): (Lease & { readonly depth: number }) | undefined {
    // The session notices here, at the latest, that it is lost.
    return this.#hold?.session.isAlive === true ? this.#hold : undefined;
  }

  /** Acquires the lock `depth` times. `undefined` if the wait ended before. */
  async acquire(waiting: Waiting, depth: number): Promise<Grant | undefined> {
    if (this.#deepen(depth)) return "granted";
    const leave = await this.#line.enter(waiting);
    if (leave === undefined) return waiting.once ? this.#join(depth) : undefined;
    const acquired = this.#acquire(waiting, depth).finally(leave);
    return await waiting.orOver(acquired);
  }

  /** Releases it once, or completely. Returns how often. */
  async unlock(all: boolean): Promise<number> {
    if (this.hold === undefined || this.#hold === undefined) throw this.#notHeld();
    const hold = this.#hold;
    if (!all && hold.depth > 1) {
      hold.depth--;
      return 1;
    }
    await this.#release(hold, false);
    return hold.depth;
  }

  /** Gives the lock back if this process holds it: as abandoned, because nobody has released it. */
  async letGo(): Promise<void> {
    const hold = this.#hold;
    if (hold === undefined || !hold.session.isAlive) return;
    hold.lose();
    await this.#release(hold, true);
  }

  /** Gives an acquisition back of which nobody has heard. */
  async giveBack(depth: number): Promise<void> {
    const hold = this.#hold;
    if (hold === undefined) return;
    if (hold.depth > depth) hold.depth -= depth;
    else await this.#release(hold, hold.grant === "abandoned").catch(() => {});
  }

  async #acquire(waiting: Waiting, depth: number): Promise<Grant | undefined> {
    const others = this.#sync.others();
    const look = (): Promise<Grant | undefined> => {
      const taken = this.#take(others, depth);
      this.#look = taken;
      return taken;
    };
    const grant = await lookUntil(this.#sync.records, this.#key, waiting, look, () => others.left);
    if (grant === undefined || !waiting.isOver) return grant;
    await this.giveBack(depth);
    return undefined;
  }

  #notHeld(): StateError {
    if (this.#wasLost) return leaseLost("lock");
    return this.#recursive ? notHeldHere() : notHeldByProcess();
  }

  // A call that does not wait, while another one of this process tries: if that has a recursive lock after this look, both have it.
  async #join(depth: number): Promise<Grant | undefined> {
    await this.#look?.catch(() => {});
    return this.#deepen(depth) ? "granted" : undefined;
  }

  // All tasks of this process share the hold of a recursive lock.
  #deepen(depth: number): boolean {
    if (!this.#recursive || this.hold === undefined || this.#hold === undefined) return false;
    this.#hold.depth += depth;
    return true;
  }

  async #take(others: Others, depth: number): Promise<Grant | undefined> {
    await this.#making?.catch(() => {});
    if (this.#deepen(depth)) return "granted";
    const { records, sessions } = this.#sync;
    const session = await sessions.current();
    const record = await records.read(this.#key);
    const { holder, abandoned } = this.#check(record);
    others.keep(holder === null ? [] : [holder]);
    // A session that holds the lock for nobody has acquired it in a call that could not learn so. The lock is free then.
    const isMine = holder === session.id;
    if (isMine && (this.hold !== undefined || this.#releases > 0)) return undefined;
    if (holder !== null && !isMine && !(await others.isOver(holder))) return undefined;
    const fields: LockFields = { holder: session.id, abandoned: false, recursive: this.#recursive };
    const written = await records.write(this.#key, { ...fields }, record.revision, { goOn: () => session.isAlive });
    if (typeof written !== "number" || !session.isAlive) return undefined;
    const grant = abandoned || (holder !== null && !isMine) ? "abandoned" : "granted";
    this.#begin(session, written, grant, depth);
    return grant;
  }

  #begin(session: Session, token: number, grant: Grant, depth: number): void {
    const lost = new AbortController();
    const lose = (): void => {
      if (this.#hold === hold) this.#hold = undefined;
      this.#wasLost = true;
      lost.abort(leaseLost("lock"));
    };
    const hold: Hold = { session, token, grant, depth, lost: lost.signal, lose, forget: session.onLost(lose) };
    this.#wasLost = false;
    this.#hold = hold;
  }

  async #release(hold: Hold, asAbandoned: boolean): Promise<void> {
    const { records } = this.#sync;
    const mustStay = asAbandoned || this.#isUnnamed;
    this.#hold = undefined;
    this.#releases++;
    try {
      const written = await records.write(this.#key, mustStay ? this.#free(asAbandoned) : undefined, hold.token);
      // After a release of which this process did not hear, another process may have acquired the lock already.
      if (written === "refused" || (written === "unknown" && !hold.session.isAlive)) {
        hold.lose();
        throw leaseLost("lock");
      }
    } catch (error) {
      // It is still held, so that it can be released once more.
      if (hold.session.isAlive && this.#hold === undefined && !(error instanceof StateError)) this.#hold = hold;
      throw error;
    } finally {
      this.#releases--;
      if (this.#hold !== hold) hold.forget();
    }
  }

  #free(abandoned: boolean): Fields {
    return { holder: null, abandoned, recursive: this.#recursive } satisfies LockFields as unknown as Fields;
  }

  #check({ fields }: StateRecord): LockFields {
    if (fields === undefined) {
      if (this.#isUnnamed && this.#making === undefined) throw objectGone("lock");
      return { holder: null, abandoned: false, recursive: this.#recursive };
    }
    const { holder, abandoned, recursive } = fields;
    if (!(holder === null || isSessionId(holder)) || typeof abandoned !== "boolean" || typeof recursive !== "boolean")
      throw corrupted(this.#key);
    if (recursive !== this.#recursive)
      throw new StateError(
        `This name belongs to ${recursive ? "an RLock" : "a Lock"}, and this process uses it for ${recursive ? "a Lock" : "an RLock"}: take another name.`,
      );
    return { holder, abandoned, recursive };
  }
}

function notHeldByProcess(): StateError {
  return new StateError(
    "This process does not hold the lock: on a cluster, a lock is released through the connection that acquired it, once for each acquire() that gave true.",
  );
}
