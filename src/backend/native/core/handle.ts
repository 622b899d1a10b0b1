import { ClosedError } from "../../../errors/errors.ts";
import type { Tree } from "../../../tree/tree.ts";
import type { Attempts } from "../../../util/attempts.ts";
import type { Wait } from "../../../util/timing.ts";
import type { Port } from "../../contract/backend.ts";
import type { Inbox } from "./inbox.ts";
import { type Keeper, Parcel, type Travelling } from "./keeper.ts";

/** What the objects of the native backend share in one thread. */
export interface Realm {
  readonly tree: Tree;
  readonly inbox: Inbox;
  readonly keeper: Keeper;
  /** What has been put and sent and is not out yet. */
  readonly unsent: Set<Promise<unknown>>;
}

/** An object of the shim as this process holds it: once, however many objects of JavaScript stand for it. */
export abstract class Handle {
  readonly realm: Realm;
  readonly index: number;
  readonly identity: string;
  /** Where the process that made it keeps descriptors; undefined if that is this one. */
  readonly home: string | undefined;
  onClose: () => void = () => {};
  readonly #heard: number[] = [];
  #users = 0;

  constructor(realm: Realm, index: number, identity: string, home: string | undefined) {
    this.realm = realm;
    this.index = index;
    this.identity = identity;
    this.home = home;
  }

  get inUse(): boolean {
    return this.#users > 0;
  }

  use(): void {
    this.#users++;
  }

  /** Closed when nobody uses it any more. */
  drop(): void {
    if (--this.#users > 0) return;
    this.onClose();
    this.close();
    for (const id of this.#heard) this.realm.inbox.remove(id);
  }

  /** A number for events of this object, which are heard until it is closed. */
  protected hear(handler: () => void): number {
    const id = this.realm.inbox.add(handler);
    this.#heard.push(id);
    return id;
  }

  /** Gives back what the dead had. */
  sweep(): void {}

  /** This process ends in order. */
  leave(): void {}

  protected abstract close(): void;
}

/** What every hold on a native object can do. */
export abstract class NativePort {
  readonly attached: Promise<void> = Promise.resolve();
  protected readonly realm: Realm;
  readonly #name: string;
  readonly #sends = new Set<Promise<unknown>>();
  readonly #waits = new Set<(reason: unknown) => void>();
  #letGo = false;
  #released = false;

  /** @param name what users call it */
  constructor(realm: Realm, name: string) {
    this.realm = realm;
    this.#name = name;
  }

  protected abstract travelling(): Travelling;

  /** Frees what this hold has. */
  protected abstract free(): void;

  /** A hold to be sent. */
  again(): Port {
    return new Parcel(this.realm.keeper, () => this.travelling());
  }

  share(): never {
    throw new Error("a native object is shared by a hold of its own");
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.giveUp(() => new ClosedError(`The ${this.#name} was closed in this process while this call waited.`));
    if (this.#sends.size > 0) void this.sent().then(() => this.free());
    else this.free();
  }

  giveUp(reason: () => Error): void {
    for (const giveUp of [...this.#waits]) giveUp(reason());
  }

  protected get holds(): boolean {
    return !this.#letGo;
  }

  letGo(): void {
    this.#letGo = true;
  }

  async sent(): Promise<void> {
    while (this.#sends.size > 0) await Promise.allSettled(this.#sends);
  }

  /** Keeps the object, and the process's normal end, until the promise settles. */
  protected async sending(promise: Promise<void>): Promise<void> {
    this.#sends.add(promise);
    if (!this.#letGo) this.realm.unsent.add(promise);
    try {
      await promise;
    } finally {
      this.#sends.delete(promise);
      this.realm.unsent.delete(promise);
    }
  }

  /** A wait that also ends when this hold is given up. */
  protected async waitFor<T>(
    attempts: Attempts,
    wait: Wait,
    tooLate: () => Error,
    look: () => T | undefined,
    once: boolean = wait.timeout === 0,
  ): Promise<T> {
    return attempts.make({ wait, tooLate, look, once, waits: this.#waits });
  }
}
