import type { Port } from "../backend.ts";
import type { Tree } from "../tree.ts";
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

/** What every hold on a native object can do. */
export abstract class NativePort {
  readonly attached: Promise<void> = Promise.resolve();
  protected readonly realm: Realm;
  readonly #sends = new Set<Promise<unknown>>();
  #letGo = false;

  constructor(realm: Realm) {
    this.realm = realm;
  }

  protected abstract travelling(): Travelling;

  /** A hold to be sent. */
  again(): Port {
    return new Parcel(this.realm.keeper, () => this.travelling());
  }

  share(): never {
    throw new Error("a native object is shared by a hold of its own");
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

  protected get isSending(): boolean {
    return this.#sends.size > 0;
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
}
