import { Op } from "../../../codec/op.ts";
import { closedMeanwhile } from "../../../errors/messages.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { Identity, Port, WaitingPort } from "../../contract/port.ts";
import type { Ref } from "../../contract/ref.ts";
import { inspectedId, NAME } from "../location.ts";
import type { Call, CallOptions, Reply } from "./call.ts";
import type { Client } from "./client.ts";

/** The access of ports to an object: its client, its number there and its facts. */
export interface ObjectAccess<Traits = undefined> {
  readonly client: Client;
  readonly id: string;
  /** The facts about the object that ports know without asking its hub. They travel in the location. */
  readonly traits: Traits;
  share(): Ref;
  /** All calls of this process that must be complete before it ends. */
  readonly unsent: Set<Call>;
}

/** A port to an object in a hub: in this process's own hub, or in that of another process. */
export class PortablePort<Traits = undefined> implements WaitingPort {
  readonly attached: Promise<void>;
  protected readonly access: ObjectAccess<Traits>;
  /** The number that stands for the object in calls. */
  protected readonly object: number;
  readonly #waits = new Set<Call>();
  readonly #waitSets = [this.#waits];
  #isReleased = false;

  constructor(access: ObjectAccess<Traits>) {
    this.access = access;
    const { object, attached } = access.client.attach(access.id);
    this.object = object;
    this.attached = attached;
  }

  share(): Ref {
    return this.access.share();
  }

  identity(): Identity {
    return { backend: NAME, id: inspectedId(this.access.id) };
  }

  again(): Port {
    const Same = this.constructor as new (access: ObjectAccess<Traits>) => PortablePort<Traits>;
    return new Same(this.access);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.withdraw(() => closedMeanwhile("object"));
    this.detach();
  }

  withdraw(reason: () => Error): void {
    for (const wait of this.#waits) wait.withdraw(reason());
  }

  /** Detaches this port from the object. */
  protected detach(): void {
    this.access.client.detach(this.access.id);
  }

  /** Whether the process that hosts the object replies within `ms` milliseconds. */
  responds(ms: number): Promise<boolean> {
    return this.access.client.responds(ms);
  }

  /** Throws `ClosedError` if this port was released. A call may use the port in several steps, and the program may close it in between. */
  protected checkOpen(): void {
    if (this.#isReleased) throw closedMeanwhile("object");
  }

  /** The options of a request that waits, and that is withdrawn with this port. */
  protected waiting(op: number, wait?: Wait, more?: Partial<CallOptions>): CallOptions {
    this.checkOpen();
    return { op, object: this.object, wait, trackedIn: this.#waitSets, ...more };
  }

  /**
   * Makes a request, which the caller can withdraw. If a reply still comes after that, `undo` is the meta of the request that undoes it.
   */
  protected async ask(op: number, wait?: Wait, meta?: unknown, undo?: unknown): Promise<Reply | undefined> {
    return this.access.client.call(this.waiting(op, wait, { meta, undo })).reply;
  }

  /** Requests an operation that cleans up after a call, also if this port was released meanwhile. */
  protected async tidy(operation: string, argument?: unknown): Promise<unknown> {
    return (await this.access.client.call({ op: Op.call, object: this.object, meta: [operation, argument] }).reply)?.value;
  }

  /** Requests an operation of the object by its name. Returns the result, or `undefined` if the time ran out. */
  protected async perform(operation: string, argument?: unknown, wait?: Wait, undo?: unknown): Promise<unknown> {
    return (await this.ask(Op.call, wait, [operation, argument], undo))?.value;
  }
}
