import { isMissing } from "./errors.ts";
import type { Link } from "./link.ts";
import { ownerIn, UNNAMED } from "./names.ts";
import { OWNERS, ownerKey } from "./owner.ts";
import type { Records, StateRecord } from "./sync/records.ts";
import { SESSIONS } from "./sync/session.ts";

/** What has said nothing for so many milliseconds is gone. A computer that slept for the night finds its objects without names removed. */
const GONE_MS = 1_800_000;
/** The record that says when somebody has looked for the last time. */
const CLEANED = "cleaned";

/**
 * What processes have left on the servers that could not remove it themselves, because they were killed: their sessions, and their objects without
 * names. A session that is removed is one that has ended: its process can't renew it any more, and what it held is free.
 */
export class Leftovers {
  readonly #link: Link;
  readonly #records: Records;
  readonly #goneMs: number;
  readonly #owners = new Map<string, Promise<boolean>>();
  // A time of the servers' clock. What is written after it is young.
  #now = 0;

  constructor(link: Link, records: Records, goneMs: number = GONE_MS) {
    this.#link = link;
    this.#records = records;
    this.#goneMs = goneMs;
  }

  /** Removes them, unless another process has done so not long ago. */
  async remove(): Promise<void> {
    this.#owners.clear();
    this.#now = await this.#records.time();
    const last = await this.#records.read(CLEANED);
    if (this.#age(last) <= this.#goneMs || typeof (await this.#records.write(CLEANED, {}, last.revision)) !== "number") return;
    await this.#removeRecords(SESSIONS, Math.max(this.#goneMs, this.#link.lease));
    await this.#removeRecords(UNNAMED, this.#goneMs, (key) => this.#hasNoOwner(key));
    await this.#removeQueues();
    // Last, because what belongs to an owner is found by its name.
    await this.#removeRecords(OWNERS, this.#goneMs);
  }

  #age({ fields, written }: StateRecord): number {
    return fields === undefined ? Number.POSITIVE_INFINITY : this.#now - written;
  }

  // Removes the records whose keys begin like this, if they have not been written for so long.
  async #removeRecords(prefix: string, ms: number, mayGo: (key: string) => Promise<boolean> = async () => true): Promise<void> {
    for (const key of await this.#records.keys(prefix)) {
      const record = await this.#records.read(key);
      // One that is written meanwhile stays.
      if (record.fields !== undefined && this.#age(record) > ms && (await mayGo(key)))
        await this.#records.write(key, undefined, record.revision);
    }
  }

  async #removeQueues(): Promise<void> {
    const { manager, names } = this.#link;
    for await (const stream of manager.streams.names(names.everything)) {
      if (!(await this.#hasNoOwner(names.tokenIn(stream) ?? ""))) continue;
      await manager.streams.delete(stream).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    }
  }

  // Whether this names an object of a process that is gone.
  async #hasNoOwner(name: string): Promise<boolean> {
    const owner = ownerIn(name);
    if (owner === undefined) return false;
    const isGone = this.#owners.get(owner) ?? this.#isGone(owner);
    this.#owners.set(owner, isGone);
    return isGone;
  }

  async #isGone(owner: string): Promise<boolean> {
    return this.#age(await this.#records.read(ownerKey(owner))) > this.#goneMs;
  }
}
