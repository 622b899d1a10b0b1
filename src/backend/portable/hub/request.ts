import type { SharedKind } from "../../contract/inspect.ts";
import type { KeptMessage } from "../../contract/message.ts";

/** Stands for a process in the objects of a hub. Only its identity matters. */
export type ParticipantId = object;

/** What an object tells of itself to those who look from outside. The names of its numbers are in docs/ps.md. */
export interface Described {
  readonly kind: SharedKind;
  readonly numbers: Readonly<Record<string, number>>;
  readonly holders?: readonly ParticipantId[];
}

/** A message that a hub stores. The hub has ports to the shared objects inside, so that they live until the message is released. */
export interface StoredMessage extends KeptMessage {
  /** Settles once this hub has ports to the shared objects inside. `undefined` if there are none. */
  readonly objectsHeld: Promise<unknown> | undefined;
  release(): void;
}

/** The fate of an item that was handed out. Exactly one of these methods is called in the end. */
export interface Delivery {
  /** The receiver has the item. Of a list of items, `count` says how many of them it has; the others go back. Default: all. */
  settle(count?: unknown): void;
  /** The receiver withdrew its request before the item arrived. */
  giveBack(): void;
  /** The receiver died. */
  lose(): void;
}

/** Replies to one request. Exactly one of these methods is called, now or later. */
export interface Responder {
  reply(value?: unknown): void;
  /**
   * Replies with an item, or with a list of items as one message and a value that says so.
   *
   * @param delivery `undefined` if it does not matter whether the message arrives
   */
  deliver(message: KeptMessage, delivery: Delivery | undefined, value?: unknown): void;
  fail(error: Error): void;
  /** Declines a request that would have to wait but must not wait. */
  decline(): void;
}

/** Withdraws a waiting request. False if it got its reply before. */
export type Withdraw = () => boolean;

/** A request for one operation on an object. */
export interface Request {
  readonly op: number;
  /** The process that asks. */
  readonly participant: ParticipantId;
  /** Whether the request must be declined instead of waiting. */
  readonly once: boolean;
  readonly meta: unknown;
  readonly message: StoredMessage | undefined;
  readonly responder: Responder;
}

/** An object that a hub serves. It is a state machine that knows nothing of processes, sockets and timers. */
export interface HubObject {
  /** Carries out a request. If the request has to wait, returns the function that withdraws it. */
  handle(request: Request): Withdraw | undefined;
  attached?(participant: ParticipantId): void;
  /** Called when a participant detached normally, or died. */
  detached?(participant: ParticipantId, died: boolean): void;
  /** Called when a message for this object was cut off because its sender ended. The numbers count the message's bytes. */
  torn?(arrived: number, expected: number): void;
  /** Called when no participant is attached any more. None will be attached later. */
  discard?(): void;
  /** Kinds without it are not told. */
  describe?(): Described;
}
