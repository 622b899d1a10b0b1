import { tooManyReleased } from "../../../errors/messages.ts";
import { LinkedList } from "../../../util/linked-list.ts";
import type { Grant } from "../../contract/lock.ts";
import type { SemaphoreSettings } from "../../contract/semaphore.ts";
import type { Described, HubObject, ParticipantId, Request, Responder, Withdraw } from "../hub/request.ts";
import { type Operations, perform } from "./operations.ts";

const MOST_PERMITS = 2 ** 31 - 1;

interface Waiter {
  readonly participant: ParticipantId;
  readonly responder: Responder;
}

/** The state of a semaphore, in its hub. */
export class SemaphoreState implements HubObject {
  readonly #most: number;
  readonly #robust: boolean;
  readonly #waiting = new LinkedList<Waiter>();
  readonly #held = new Map<ParticipantId, number>();
  #value: number;

  constructor({ value, robust }: SemaphoreSettings, bounded: boolean) {
    this.#value = value;
    this.#most = bounded ? value : MOST_PERMITS;
    this.#robust = robust;
  }

  readonly #operations: Operations = {
    acquire: (request) => this.#acquire(request),
    release: (request) => this.#release(request),
    value: ({ responder }) => void responder.reply(this.#value),
  };

  handle(request: Request): Withdraw | undefined {
    return perform(this.#operations, "semaphore", request);
  }

  describe(): Described {
    const isBounded = Number(this.#most < MOST_PERMITS);
    return { kind: "semaphore", numbers: { value: this.#value, isBounded }, holders: [...this.#held.keys()] };
  }

  detached(participant: ParticipantId): void {
    const held = this.#held.get(participant) ?? 0;
    this.#held.delete(participant);
    if (this.#robust) for (let i = 0; i < held; i++) this.#freeOne();
  }

  #acquire({ participant, once, responder }: Request): Withdraw | undefined {
    if (this.#value > 0) this.#grant({ participant, responder });
    else if (once) responder.decline();
    else return this.#waiting.add({ participant, responder });
    return undefined;
  }

  #release({ participant, responder }: Request): undefined {
    if (this.#value >= this.#most) {
      responder.fail(tooManyReleased());
      return;
    }
    // A process that has no permit may release too. Then a permit of another process counts as released.
    const holder = this.#held.has(participant) ? participant : this.#held.keys().next().value;
    if (holder !== undefined) this.#count(holder, -1);
    responder.reply();
    this.#freeOne();
  }

  #freeOne(): void {
    this.#value++;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#grant(next);
  }

  #grant({ participant, responder }: Waiter): void {
    this.#value--;
    this.#count(participant, 1);
    responder.reply("granted" satisfies Grant);
  }

  #count(participant: ParticipantId, change: 1 | -1): void {
    const held = (this.#held.get(participant) ?? 0) + change;
    if (held > 0) this.#held.set(participant, held);
    else this.#held.delete(participant);
  }
}
