import type { Shim } from "../library/functions.ts";
import type { Home, LocationFields } from "./location.ts";
import type { NativeThread } from "./native-thread.ts";

/** An object's own name. */
export interface Origin {
  readonly identity: string;
  /** Whether another process sent it. */
  readonly isReceived: boolean;
  /** Where the process that made it lends its descriptor. `undefined` if this process has made it. */
  readonly home?: Home | undefined;
}

/** An object that the native library has open for this process. All ports to the object share the handle. */
export abstract class Handle {
  readonly thread: NativeThread;
  /** The native library's number for it. */
  readonly index: number;
  readonly origin: Origin;
  onClose: () => void = () => {};
  readonly #events: number[] = [];
  #users = 0;
  // The token under which the object's descriptor is lent to others.
  #lentAs: string | undefined;

  constructor(thread: NativeThread, index: number, origin: Origin) {
    this.thread = thread;
    this.index = index;
    this.origin = origin;
  }

  get shim(): Shim {
    return this.thread.inbox.shim;
  }

  get inUse(): boolean {
    return this.#users > 0;
  }

  use(): void {
    this.#users++;
  }

  /** Ends one use of the object. The end of the last use closes it. */
  drop(): void {
    if (--this.#users > 0) return;
    this.onClose();
    if (this.#lentAs !== undefined) this.thread.keeper.revokeLent(this.#lentAs);
    this.close();
    for (const id of this.#events) this.thread.inbox.remove(id);
  }

  /** Returns the data by which a receiver recognizes the object, and finds it if the sender has ended. `fd` is the object's descriptor. */
  namesFor(fd: number): Pick<LocationFields, "identity" | "home"> {
    const { identity, isReceived, home } = this.origin;
    if (isReceived) return { identity, ...(home !== undefined && { home }) };
    this.#lentAs ??= this.thread.keeper.lend(fd);
    return { identity, home: this.thread.keeper.homeOf(this.#lentAs) };
  }

  /** Reserves a number for events of this object. The handler is called for them until the object is closed. */
  protected hear(handler: () => void): number {
    const id = this.thread.inbox.add(handler);
    this.#events.push(id);
    return id;
  }

  /** Cleans up after dead processes: returns their items, permits and the like to the object. */
  sweep(): void {}

  /** Called when this process ends with exit code 0. */
  leave(): void {}

  /** Called when this process ends in any way that lets it run code. */
  end(): void {}

  protected abstract close(): void;
}
