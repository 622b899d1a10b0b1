import type { KeptMessage } from "../../contract/message.ts";

/** A process, as the objects of a hub see it. Only its identity matters. */
export type ParticipantId = object;

/** A message that a hub stores. The hub holds the shared objects inside until the message is released. */
export interface StoredMessage extends KeptMessage {
  /** Settles once this hub holds the shared objects inside. `undefined` if there are none. */
  readonly objectsHeld: Promise<unknown> | undefined;
  release(): void;
}

/** An item that was handed out. Exactly one of these is called in the end. */
export interface Delivery {
  /** The receiver has it. */
  settle(): void;
  /** The receiver withdrew its request before the item arrived. */
  giveBack(): void;
  /** The receiver died. */
  lose(): void;
}

/** Replies to one request. Exactly one of these is called, now or later. */
export interface Responder {
  reply(value?: unknown): void;
  deliver(message: StoredMessage, delivery: Delivery): void;
  fail(error: Error): void;
  /** The request would have to wait, and it was to look only once. */
  decline(): void;
}

/** Takes a waiting request back. False if it was replied to before. */
export type Withdraw = () => boolean;

/** A request for one operation on an object. */
export interface Request {
  readonly op: number;
  /** The process that asks. */
  readonly participant: ParticipantId;
  /** Whether the request is to be declined instead of waiting. */
  readonly once: boolean;
  readonly meta: unknown;
  readonly message: StoredMessage | undefined;
  readonly responder: Responder;
}

/** An object that a hub serves: a state machine that knows no process, socket or timer. */
export interface HubObject {
  /** Carries out a request. If the request has to wait, gives what takes it back. */
  handle(request: Request): Withdraw | undefined;
  attached?(participant: ParticipantId): void;
  /** The participant detached in order, or it died. */
  detached?(participant: ParticipantId, died: boolean): void;
  /** A message for this object was cut off because its sender ended. The numbers count the message's bytes. */
  torn?(arrived: number, expected: number): void;
  /** No participant is attached any more, and none will be. */
  discard?(): void;
}
