import type { Message } from "../../contract/backend.ts";

/** A process, as a hub's objects see it: only its identity matters. */
export type Holder = object;

/** A message that a hub keeps: the shared objects inside are held until it is released. */
export interface Kept extends Message {
  /** Resolves once this hub holds them. */
  readonly pinned: Promise<unknown> | undefined;
  release(): void;
}

/** An item that was handed out; exactly one of these is called in the end. */
export interface Delivery {
  settle(): void;
  /** The receiver gave up before it arrived. */
  giveBack(): void;
  /** The receiver died. */
  lose(): void;
}

/** How one operation is answered: exactly once, now or later. */
export interface Answer {
  reply(value?: unknown): void;
  deliver(message: Message, delivery: Delivery): void;
  fail(error: Error): void;
  /** Not now: the request only wanted to look. */
  decline(): void;
}

/** Takes a waiting request back; false if it was answered before. */
export type Withdraw = () => boolean;

/** One operation on an object. */
export interface Request {
  readonly op: number;
  readonly who: Holder;
  /** Look once instead of waiting. */
  readonly once: boolean;
  readonly meta: unknown;
  readonly message: Kept | undefined;
  readonly answer: Answer;
}

/** An object that a hub serves: a state machine that knows no process, socket or timer. */
export interface Hosted {
  handle(request: Request): Withdraw | undefined;
  arrive(who: Holder): void;
  /** It let go of the object, or `died`: ended otherwise than in order. */
  depart(who: Holder, died: boolean): void;
  /** A message for this object was cut off by its sender's end. */
  torn?(who: Holder, arrived: number, expected: number): void;
  /** Nobody holds it any more. */
  discard(): void;
}
