import { allSettled } from "../../../util/all-settled.ts";
import { Leftovers } from "../leftovers.ts";
import type { Link } from "../link.ts";
import { ownerIn } from "../names.ts";
import { Owner } from "../owner.ts";
import { agreeOnLease } from "./lease.ts";
import { Records } from "./records.ts";
import { Others, Sessions } from "./session.ts";

/** A connection, as the ports of locks and the like need it. */
export interface Cluster {
  readonly link: Link;
  readonly sync: Sync;
}

/** What this process has of one object, through all its ports. */
export interface Shared {
  /** Gives up what this process holds of it. */
  letGo(): Promise<void>;
}

/** The locks and the like of one connection. */
export class Sync {
  readonly records: Records;
  readonly sessions: Sessions;
  readonly #link: Link;
  readonly #shared = new Map<string, { readonly shared: Shared; ports: number }>();
  readonly #leaving = new Set<Promise<void>>();
  /** This process as the owner of objects without names. */
  readonly owner: Owner;
  // The records of those objects.
  readonly #own = new Set<string>();

  /** Makes the bucket of the records, unless it exists, and agrees with the other processes on the lease. */
  static async open(link: Link, lease: number | undefined): Promise<Sync> {
    const sync = new Sync(link);
    await sync.records.open();
    link.lease = await agreeOnLease(sync.records, lease);
    // This process does not need to wait for that, and the next one tries again.
    void new Leftovers(link, sync.records).remove().catch(() => {});
    return sync;
  }

  private constructor(link: Link) {
    this.#link = link;
    this.records = new Records(link);
    this.owner = new Owner(link, this.records);
    this.sessions = new Sessions(this.records, () => link.lease);
    link.endings.add(() => this.#end());
  }

  /** What this process knows of the sessions of others. */
  others(): Others {
    return new Others(this.records, this.#link.lease);
  }

  /** Returns what the ports of one object share. Each port calls `leave` when it is released. */
  enter<T extends Shared>(key: string, make: () => T): T {
    const entry = this.#shared.get(key) ?? { shared: make(), ports: 0 };
    entry.ports++;
    this.#shared.set(key, entry);
    return entry.shared as T;
  }

  leave(key: string): void {
    const entry = this.#shared.get(key);
    if (entry === undefined || --entry.ports > 0) return;
    this.#shared.delete(key);
    this.#letGo(entry.shared);
  }

  /** Is called before this process writes the record of a new object. The record of one without a name is removed when the connection closes. */
  async own(key: string): Promise<void> {
    if (ownerIn(key) === undefined) return;
    this.#own.add(key);
    await this.owner.present();
  }

  #letGo(shared: Shared): void {
    const leaving = shared.letGo().catch(() => {});
    this.#leaving.add(leaving);
    this.#link.unsent.add(leaving);
    void leaving.then(() => {
      this.#leaving.delete(leaving);
      this.#link.unsent.delete(leaving);
    });
  }

  async #end(): Promise<void> {
    for (const { shared } of this.#shared.values()) this.#letGo(shared);
    this.#shared.clear();
    await allSettled(this.#leaving);
    await this.sessions.end();
    await Promise.allSettled([...this.#own].map((key) => this.records.change(key, () => undefined)));
  }
}
