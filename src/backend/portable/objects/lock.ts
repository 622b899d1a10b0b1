import { notHeld, notHeldHere } from "../../../errors/messages.ts";
import { LinkedList } from "../../../util/linked-list.ts";
import type { Grant } from "../../contract/lock.ts";
import type { Described, HubObject, ParticipantId, Request, Responder, Withdraw } from "../hub/request.ts";
import { type Operations, perform, wholeNumber } from "./operations.ts";

interface Waiter {
  readonly participant: ParticipantId;
  readonly depth: number;
  readonly responder: Responder;
}

/** The state of a lock, in its hub. Its holder is a process. The depth says how often the holder has acquired a recursive lock. */
export class LockState implements HubObject {
  readonly #recursive: boolean;
  readonly #waiting = new LinkedList<Waiter>();
  #holder: ParticipantId | undefined;
  #depth = 0;
  // Whether a holder died and no later holder has been told so.
  #isAbandoned = false;
  // Whether the present holder was told that an earlier holder died.
  #holderWasTold = false;

  constructor(recursive: boolean) {
    this.#recursive = recursive;
  }

  readonly #operations: Operations = {
    acquire: (request, depth) => this.#acquire(request, wholeNumber(depth, 1)),
    release: (request, how) => this.#release(request, how),
    held: ({ participant, responder }) => void responder.reply(this.#holder === participant ? this.#depth : 0),
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#operations, "lock", request);
  }

  describe(): Described {
    return { kind: this.#recursive ? "rlock" : "lock", numbers: {}, holders: this.#holder === undefined ? [] : [this.#holder] };
  }

  detached(participant: ParticipantId): void {
    if (this.#holder !== participant) return;
    this.#isAbandoned = true;
    this.#passOn();
  }

  #acquire({ participant, once, responder }: Request, depth: number): Withdraw | undefined {
    const waiter: Waiter = { participant, depth, responder };
    if (this.#holder === undefined || (this.#recursive && this.#holder === participant)) this.#grant(waiter);
    else if (once) responder.decline();
    else return this.#waiting.add(waiter);
    return undefined;
  }

  // With `how` true, the lock is released completely. A number means that the lock was granted so many times after the acquirer had
  // withdrawn its request. Its caller was not told that the lock was abandoned, so the next holder is told again.
  #release({ participant, responder }: Request, how: unknown): undefined {
    const unused = typeof how === "number" ? wholeNumber(how, 1) : undefined;
    if (this.#holder === undefined || ((this.#recursive || unused !== undefined) && this.#holder !== participant)) {
      responder.fail(this.#recursive ? notHeldHere() : notHeld());
      return;
    }
    if (unused !== undefined && this.#holderWasTold) this.#isAbandoned = true;
    const released = how === true ? this.#depth : Math.min(unused ?? 1, this.#depth);
    this.#depth -= released;
    responder.reply(released);
    if (this.#depth === 0) this.#passOn();
  }

  #grant({ participant, depth, responder }: Waiter): void {
    this.#depth = this.#holder === participant ? this.#depth + depth : depth;
    this.#holder = participant;
    this.#holderWasTold = this.#isAbandoned;
    this.#isAbandoned = false;
    responder.reply((this.#holderWasTold ? "abandoned" : "granted") satisfies Grant);
  }

  #passOn(): void {
    this.#holder = undefined;
    this.#depth = 0;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#grant(next);
    if (!this.#recursive) return;
    // A recursive lock belongs to a process with all its tasks. So all waiting requests of the new holder's process get it now.
    for (const waiter of this.#waiting.take(({ participant }) => participant === this.#holder)) this.#grant(waiter);
  }
}
