import { repeat, stopTimer, type Timer } from "../../util/clock.ts";
import { Lazy } from "../../util/lazy.ts";
import { randomName } from "../../util/random.ts";
import type { Link } from "./link.ts";
import type { Records } from "./sync/records.ts";

/** The keys of the records of owners begin like this. */
export const OWNERS = "owner.";
/** An owner says so often, in milliseconds, that it is there. */
const TELL_MS = 120_000;

/**
 * This process as the owner of objects without names, which are named by it. It removes them itself when it closes its connection. If it can't,
 * because it was killed, others do: see `Leftovers`.
 */
export class Owner {
  readonly id: string = randomName(12);
  readonly #link: Link;
  readonly #records: Records;
  readonly #presence = new Lazy(() => this.#begin());
  #timer: Timer | undefined;

  constructor(link: Link, records: Records) {
    this.#link = link;
    this.#records = records;
  }

  /** Tells the servers that this process is there, before it makes its first object, and from then on. */
  present(): Promise<void> {
    return this.#presence.get();
  }

  async #begin(): Promise<void> {
    await this.#tell();
    this.#timer ??= repeat(() => {
      if (!this.#link.isClosed) void this.#tell().catch(() => {});
    }, TELL_MS);
    this.#link.endings.add(() => {
      stopTimer(this.#timer);
      return this.#records.change(ownerKey(this.id), () => undefined);
    });
  }

  async #tell(): Promise<void> {
    await this.#records.change(ownerKey(this.id), () => ({ pid: process.pid }), { repeatable: true });
  }
}

/** Returns the key of the record of an owner. */
export function ownerKey(id: string): string {
  return OWNERS + id;
}
