import { SerializationError } from "../../errors/errors.ts";
import { closedMeanwhile } from "../../errors/messages.ts";
import { allSettled } from "../../util/all-settled.ts";
import { watchWait } from "../../util/deadline.ts";
import { holdEventLoop } from "../../util/event-loop.ts";
import type { Wait } from "../../util/wait-options.ts";
import type { Message } from "../contract/message.ts";
import type { Port, WaitingPort } from "../contract/port.ts";
import type { Ref } from "../contract/ref.ts";
import { noReply, ourError } from "./errors.ts";
import type { Link } from "./link.ts";
import { Waiting } from "./waiting.ts";

/** The kind of an object, as its ports need it. */
export interface KindName {
  readonly name: string;
  readonly label: string;
}

/** A call that is not complete. */
interface Call {
  readonly isSend: boolean;
  readonly withdraw: (reason: unknown) => void;
  /** Lets the event loop end. */
  readonly letGo: () => void;
}

/** Returns the name of the backend of a namespace, as references name it. */
export function backendName(namespace: string): string {
  return `cluster:${namespace}`;
}

/** The common part of all ports to objects of a cluster. */
export abstract class NatsPort implements WaitingPort {
  readonly attached: Promise<void> = Promise.resolve();
  protected readonly link: Link;
  protected readonly kind: KindName;
  readonly #calls = new Set<Call>();
  readonly #sends = new Set<Promise<unknown>>();
  #isReleased = false;

  constructor(link: Link, kind: KindName) {
    this.link = link;
    this.kind = kind;
    link.ports.add(this);
  }

  /** Returns the data by which other processes find the object. */
  protected abstract location(): unknown;

  abstract again(): Port;

  /** Frees what this port has. It is called once, after the sends. */
  protected free(): void {}

  share(): Ref {
    return { kind: this.kind.name, backend: backendName(this.link.names.namespace), location: this.location() };
  }

  withdraw(reason: () => Error): void {
    for (const call of [...this.#calls]) if (!call.isSend) call.withdraw(reason());
  }

  /** Rejects all calls, also the sends that are not complete. */
  cut(reason: () => Error): void {
    for (const call of [...this.#calls]) call.withdraw(reason());
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.withdraw(() => closedMeanwhile(this.kind.label));
    void this.sent().then(() => {
      this.link.ports.delete(this);
      this.free();
    });
  }

  /** Resolves when all sends of this port are complete. */
  async sent(): Promise<void> {
    await allSettled(this.#sends);
  }

  /** Lets this process end although sends are not complete. */
  letGo(): void {
    for (const send of this.#sends) this.link.unsent.delete(send);
    for (const call of this.#calls) if (call.isSend) call.letGo();
  }

  protected checkOpen(): void {
    this.link.checkOpen();
    if (this.#isReleased) throw closedMeanwhile(this.kind.label);
  }

  /** Keeps the port open, and delays the end of this process, until the promise settles. */
  protected async sending<T>(promise: Promise<T>): Promise<T> {
    this.#sends.add(promise);
    this.link.unsent.add(promise);
    try {
      return await promise;
    } finally {
      this.#sends.delete(promise);
      this.link.unsent.delete(promise);
    }
  }

  /**
   * Does work that may wait, and keeps the event loop alive meanwhile. The work looks at `waiting`, and returns `undefined` soon after the
   * wait has ended. What it has begun by then it completes. Returns `undefined` if the time ran out.
   */
  protected waitFor<T>(wait: Wait, work: (waiting: Waiting) => Promise<T | undefined>): Promise<T | undefined> {
    return this.#do(wait, work, false);
  }

  /** The same for a send, which goes on when the port is released: it ends with its own wait. */
  protected send<T>(wait: Wait, work: (waiting: Waiting) => Promise<T | undefined>): Promise<T | undefined> {
    return this.sending(this.#do(wait, work, true));
  }

  async #do<T>(wait: Wait, work: (waiting: Waiting) => Promise<T | undefined>, isSend: boolean): Promise<T | undefined> {
    this.checkOpen();
    const letGo = holdEventLoop();
    const waiting = new Waiting(wait);
    let reason: { readonly error: unknown } | undefined;
    const withdraw = (error: unknown): void => {
      reason ??= { error };
      waiting.withdraw();
    };
    // A call that does not wait takes one look, and that takes as long as the servers need.
    const unwatch =
      wait.timeout === 0
        ? watchWait({ ...wait, timeout: Number.POSITIVE_INFINITY }, () => {}, withdraw)
        : watchWait(wait, () => waiting.end(), withdraw);
    const call: Call = { isSend, withdraw, letGo };
    this.#calls.add(call);
    try {
      const result = await work(waiting);
      if (result === undefined && reason !== undefined) throw reason.error;
      return result;
    } catch (error) {
      throw reason?.error ?? ourError(error);
    } finally {
      unwatch();
      this.#calls.delete(call);
      letGo();
    }
  }

  /** Does work that does not wait for other processes: it takes as long as the servers need. */
  protected async ask<T>(work: () => Promise<T>): Promise<T> {
    const done = await this.waitFor({ timeout: 0, signal: undefined }, async () => ({ value: await work() }));
    if (done === undefined) throw noReply();
    return done.value;
  }

  /** Checks that a message can travel to other hosts. Throws `SerializationError` for an object that lives on this one. */
  protected checkTravel({ refs }: Message): void {
    const own = backendName(this.link.names.namespace);
    const stranger = refs.find(({ backend }) => backend !== own);
    if (stranger === undefined) return;
    throw new SerializationError(
      `The ${stranger.kind} inside lives on this host (backend "${stranger.backend}"), and other hosts can't reach it: make it with the classes of connectCluster() instead.`,
    );
  }
}
