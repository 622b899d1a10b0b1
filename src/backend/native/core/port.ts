import { closedMeanwhile } from "../../../errors/messages.ts";
import { allSettled } from "../../../util/all-settled.ts";
import type { Attempts, Withdrawal } from "../../../util/attempts.ts";
import type { Hold } from "../../../util/event-loop.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { Identity, Port, WaitingPort } from "../../contract/port.ts";
import type { Travelling } from "./keeper.ts";
import { NATIVE } from "./location.ts";
import type { NativeThread } from "./native-thread.ts";
import { Parcel } from "./parcel.ts";

/** A kind of object as its ports need it. */
export interface KindName {
  readonly name: string;
  readonly label: string;
}

/** The common part of all ports to native objects. */
export abstract class NativePort implements WaitingPort {
  readonly attached: Promise<void> = Promise.resolve();
  protected readonly thread: NativeThread;
  readonly #kind: KindName;
  readonly #sends = new Set<Promise<unknown>>();
  readonly #withdrawals = new Set<Withdrawal>();
  #letGo = false;
  #released = false;

  constructor(thread: NativeThread, kind: KindName) {
    this.thread = thread;
    this.#kind = kind;
  }

  /** Returns the data with which the object travels. */
  protected abstract travelling(): Travelling;

  /** The descriptor of the object. -1 if it has none of its own. */
  protected get descriptor(): number {
    return -1;
  }

  // The number of the object's file, which other processes see, too.
  identity(): Identity | undefined {
    const file = new BigUint64Array(2);
    if (this.descriptor >= 0) this.thread.inbox.shim.pp_inspect_descriptor(process.pid, this.descriptor, file);
    return file[1] === 0n ? undefined : { backend: NATIVE, id: String(file[1]) };
  }

  /** Frees the resources of this port. */
  protected abstract free(): void;

  /** Makes a port that can be sent. */
  again(): Port {
    return new Parcel(this.thread.keeper, this.#kind.name, () => this.travelling());
  }

  share(): never {
    throw new Error("a native port is shared through again()");
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.withdraw(() => closedMeanwhile(this.#kind.label));
    if (this.#sends.size > 0) void this.sent().then(() => this.free());
    else this.free();
  }

  withdraw(reason: () => Error): void {
    for (const withdraw of [...this.#withdrawals]) withdraw(reason());
  }

  /** Throws `ClosedError` if this port was released. A call may use the port in several steps, and the program may close it in between. */
  protected checkOpen(): void {
    if (this.#released) throw closedMeanwhile(this.#kind.label);
  }

  /** How long the sends of this port keep the event loop alive. */
  protected get hold(): Hold {
    return this.#letGo ? "whileWorking" : "always";
  }

  /** Blocks this thread until something that a call of this thread waits for may have come, for `ms` at most. */
  pumpSync(ms: number): void {
    this.thread.inbox.pumpSync(ms);
  }

  letGo(): void {
    this.#letGo = true;
  }

  async sent(): Promise<void> {
    await allSettled(this.#sends);
  }

  /** Keeps the object open, and delays the end of this process, until the promise settles. Returns whether the promise's value is true. */
  protected async sending(promise: Promise<boolean | undefined>): Promise<boolean> {
    this.#sends.add(promise);
    if (!this.#letGo) this.thread.unsent.add(promise);
    try {
      return (await promise) === true;
    } finally {
      this.#sends.delete(promise);
      this.thread.unsent.delete(promise);
    }
  }

  /** Waits for a result in a way that `withdraw` can end. Returns `undefined` if the time ran out. */
  protected async waitFor<T>(
    attempts: Attempts,
    wait: Wait,
    look: () => T | undefined,
    once: boolean = wait.timeout === 0,
  ): Promise<T | undefined> {
    this.checkOpen();
    return attempts.make({ wait, look, once, withdrawals: this.#withdrawals });
  }
}
