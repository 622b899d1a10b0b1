import { StateError } from "../../../errors/errors.ts";
import { tooManyReleased } from "../../../errors/messages.ts";
import type { Grant } from "../../contract/lock.ts";
import { leaseLost, objectGone } from "../errors.ts";
import { Line } from "../line.ts";
import type { Waiting } from "../waiting.ts";
import { lookUntil } from "./looks.ts";
import { checkPermits, freeOf, type Permits } from "./permits.ts";
import { type Fields, undecided } from "./records.ts";
import type { Others, Session } from "./session.ts";
import type { Shared, Sync } from "./sync.ts";

/**
 * What this process has of a semaphore. The record of a robust one says how many permits each session has. This process writes its own number as
 * it knows it, so a write of which it does not hear changes nothing for long.
 */
export class SemaphoreState implements Shared {
  readonly #sync: Sync;
  readonly #key: string;
  readonly #label: string;
  readonly #line = new Line();
  // One change at a time, so that each knows the number of permits that this process has.
  readonly #changes = new Line();
  #session: Session | undefined;
  #held = 0;
  #lost = 0;

  constructor(sync: Sync, key: string, label: string) {
    this.#sync = sync;
    this.#key = key;
    this.#label = label;
  }

  /** Takes a permit. `undefined` if the wait ended before. A call that does not wait looks at once, because others may leave permits free. */
  async acquire(waiting: Waiting): Promise<Grant | undefined> {
    if (waiting.once) return waiting.orOver(this.#acquire(waiting));
    const leave = await this.#line.enter(waiting);
    if (leave === undefined) return undefined;
    return await waiting.orOver(this.#acquire(waiting).finally(leave));
  }

  /** Gives a permit back. */
  async post(): Promise<void> {
    await this.#changes.do(async () => {
      const { isRobust, isBounded } = this.#check((await this.#sync.records.read(this.#key)).fields);
      const had = this.#own > 0;
      if (isRobust && !had) {
        if (this.#lost > 0) {
          this.#lost--;
          throw leaseLost("permit");
        }
        if (isBounded) throw noPermitHere();
      }
      if (had) await this.#setOwn(this.#held - 1);
      else await this.#add();
    });
  }

  /** Returns the number of free permits. */
  async value(): Promise<number> {
    return Math.max(0, freeOf(this.#check((await this.#sync.records.read(this.#key)).fields)));
  }

  /** Gives all permits back that this process has and that would come back if it died. */
  async letGo(): Promise<void> {
    await this.#changes.do(async () => {
      if (this.#own > 0) await this.#setOwn(0);
    });
  }

  /** Gives back a permit of whose acquisition nobody has heard. */
  async giveBack(): Promise<void> {
    await this.post().catch(() => {});
  }

  async #acquire(waiting: Waiting): Promise<Grant | undefined> {
    const others = this.#sync.others();
    const look = (): Promise<Grant | undefined> => this.#changes.do(() => this.#tryTake(others, waiting));
    const grant = await lookUntil(this.#sync.records, this.#key, waiting, look, () => others.left);
    if (grant === undefined || !waiting.isOver) return grant;
    await this.giveBack();
    return undefined;
  }

  // A write that was refused because of another change says nothing about the permits, so it is tried again.
  async #tryTake(others: Others, waiting: Waiting): Promise<Grant | undefined> {
    for (;;) {
      const taken = await this.#take(others);
      if (taken !== "changed") return taken;
      if (waiting.isOver) return undefined;
    }
  }

  async #take(others: Others): Promise<Grant | "changed" | undefined> {
    const { records, sessions } = this.#sync;
    const { fields, revision } = await records.read(this.#key);
    const permits = this.#check(fields);
    if (!permits.isRobust) return this.#takeForGood(permits, revision);
    const session = await sessions.current();
    const before = { ...permits, holders: new Map(permits.holders).set(session.id, this.#own) };
    const hadNone = freeOf(before) <= 0;
    others.keep(permits.holders.keys());
    if (hadNone) {
      for (const id of permits.holders.keys()) if (id !== session.id && (await others.isOver(id))) before.holders.delete(id);
      if (freeOf(before) <= 0) return undefined;
    }
    before.holders.set(session.id, this.#own + 1);
    const written = await records.write(this.#key, recordOf(before), revision, { goOn: () => session.isAlive });
    if (typeof written !== "number" || !session.isAlive) return "changed";
    this.#note(session);
    return hadNone ? "abandoned" : "granted";
  }

  // Takes a permit that does not come back when this process dies, so it does not matter who has it.
  async #takeForGood(permits: Permits, revision: number): Promise<Grant | "changed" | undefined> {
    if (permits.total <= 0) return undefined;
    const written = await this.#sync.records.write(this.#key, recordOf({ ...permits, total: permits.total - 1 }), revision);
    if (written === "unknown") throw undecided();
    return written === "refused" ? "changed" : "granted";
  }

  async #add(): Promise<void> {
    await this.#sync.records.change(this.#key, (fields) => {
      const permits = this.#check(fields);
      if (permits.isBounded && permits.total >= permits.first) throw tooManyReleased();
      return recordOf({ ...permits, total: permits.total + 1 });
    });
  }

  // The permits of this process. Its session notices here, at the latest, that it is lost.
  get #own(): number {
    return this.#session?.isAlive === true ? this.#held : 0;
  }

  #note(session: Session): void {
    this.#held = this.#own + 1;
    if (this.#session === session) return;
    this.#session = session;
    session.onLost(() => {
      this.#lost += this.#held;
      this.#held = 0;
    });
  }

  async #setOwn(count: number): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const change = (fields: Fields | undefined): Fields => {
      const permits = this.#check(fields);
      const holders = new Map(permits.holders);
      if (count > 0) holders.set(session.id, count);
      else holders.delete(session.id);
      return recordOf({ ...permits, holders });
    };
    await this.#sync.records.change(this.#key, change, { repeatable: true });
    this.#held = count;
  }

  #check(fields: Fields | undefined): Permits {
    if (fields === undefined) throw objectGone(this.#label);
    return checkPermits(this.#key, fields);
  }
}

function recordOf(permits: Permits): Fields {
  return { ...permits, holders: Object.fromEntries([...permits.holders].filter(([, count]) => count > 0)) };
}

function noPermitHere(): StateError {
  return new StateError(
    "This process has no permit of the semaphore: on a cluster, a permit is released through the connection that acquired it, once for each acquire() that gave true.",
  );
}
