import type { Msg, MsgHdrs, Subscription } from "@nats-io/transport-node";
import { now } from "../../../util/clock.ts";
import { after } from "../../../util/deadline.ts";
import { noReply } from "../errors.ts";
import type { Link } from "../link.ts";

/** The servers must reply to a pull within so many milliseconds after it has expired. */
const REPLY_MS = 5000;
/** A server that has not answered the end of a request after so many milliseconds is not there. What still comes goes back. */
const CROSSING_MS = 500;
const NANOS = 1_000_000;

/** A message that a server has handed to this process. It comes again, to anybody, unless it is acknowledged in time. */
export interface Pulled {
  readonly bytes: Uint8Array;
  readonly headers: MsgHdrs | undefined;
  /** The subject for what this process tells about it. */
  readonly reply: string;
  /** The number of times that it was handed to a process. */
  readonly attempt: number;
  /** Its number in the stream. */
  readonly sequence: number;
}

export interface PullOptions {
  /** The milliseconds for which it waits; 0 for what is there now. */
  readonly expires: number;
  readonly most: number;
  /** Called for a message that comes after the request has ended. */
  readonly giveBack: (pulled: Pulled) => void;
}

/** A request for the next messages of a consumer. */
export class Pull {
  /** The messages, or none if there were none in time. Rejects if no server replies. */
  readonly result: Promise<readonly Pulled[]>;
  readonly #giveBack: (pulled: Pulled) => void;
  readonly #taken: Pulled[] = [];
  readonly #most: number;
  readonly #settled = Promise.withResolvers<readonly Pulled[]>();
  readonly #subscription: Subscription;
  // From then on the server ends the request, and says so.
  readonly #expires: number;
  #forget: () => void;
  #isCancelled = false;
  #isDraining = false;
  #isOver = false;

  constructor(link: Link, subject: string, { expires, most, giveBack }: PullOptions) {
    this.#giveBack = giveBack;
    this.#most = most;
    this.result = this.#settled.promise;
    this.result.catch(() => {});
    const inbox = link.inbox();
    this.#subscription = link.connection.subscribe(inbox, { callback: (_, message) => this.#take(message) });
    const request = expires === 0 ? { batch: most, no_wait: true } : { batch: most, expires: Math.round(expires * NANOS) };
    this.#expires = now() + expires;
    this.#forget = after(expires + REPLY_MS, () => this.#giveUp(noReply()));
    link.publish(subject, JSON.stringify(request), inbox);
  }

  /**
   * Ends the request. What crosses that on its way still comes, and is the result: if it went back, the next taker could get the one behind it
   * first.
   */
  cancel(): void {
    if (this.#isCancelled || this.#isOver) return;
    this.#isCancelled = true;
    this.#forget();
    this.#forget = after(CROSSING_MS, () => this.#giveUp(undefined));
    // A request whose time is over is ended by the server. It would give an item out again, behind later ones, if nobody listened any more.
    if (now() < this.#expires) void this.#drain().then(() => this.#finish(undefined));
  }

  #take(message: Msg): void {
    const pulled = pulledFrom(message);
    if (pulled !== undefined && this.#isOver) return this.#giveBack(pulled);
    if (pulled === undefined) return this.#finish(undefined);
    this.#taken.push(pulled);
    if (this.#taken.length === this.#most) this.#finish(undefined);
  }

  // Messages may still come. They go back.
  #giveUp(error: Error | undefined): void {
    void this.#drain();
    this.#finish(this.#taken.length === 0 ? error : undefined);
  }

  #drain(): Promise<void> {
    this.#isDraining = true;
    return this.#subscription.drain().catch(() => {});
  }

  #finish(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    if (!this.#isDraining) this.#subscription.unsubscribe();
    if (error === undefined) this.#settled.resolve(this.#taken);
    else this.#settled.reject(error);
  }
}

// A message with a status is no item: 404 "there is none", 408 "there was none in time", 409 "the consumer is gone", 503 "no server".
function pulledFrom({ data, headers, reply }: Msg): Pulled | undefined {
  if (reply === undefined || reply === "" || (headers !== undefined && headers.code > 0)) return undefined;
  const { attempt, sequence } = deliveryOf(reply);
  // On Node the bytes are a part of a buffer that holds much more.
  return { bytes: new Uint8Array(data), headers, reply, attempt, sequence };
}

// "$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.…", or with a domain and an account in front of the stream.
function deliveryOf(reply: string): { readonly attempt: number; readonly sequence: number } {
  const parts = reply.split(".");
  const [deliveries, sequence] = parts.slice(parts.length >= 11 ? 6 : 4);
  return { attempt: Number(deliveries) || 1, sequence: Number(sequence) || 0 };
}
