import type { MsgHdrs } from "@nats-io/transport-node";
import { shutDown } from "../../../errors/messages.ts";
import type { Waiting } from "../waiting.ts";
import type { LargeItems } from "./large-items.ts";
import type { Outcome, QueueStream } from "./queue-stream.ts";

/** So many puts to a queue without a limit are on their way at the same time. */
const MOST_IN_FLIGHT = 256;
/** A put that waits for room looks again after so many milliseconds, twice as many each time. */
const FIRST_LOOK_MS = 25;
const LAST_LOOK_MS = 250;

/**
 * Puts the items of this process into a queue, in the order of the calls. A put to a queue with a limit leaves when the one before it is stored:
 * the server could refuse one, and store the next.
 */
export class Producer {
  readonly #stream: QueueStream;
  readonly #large: LargeItems;
  // Resolves when the next put may leave.
  #turn: Promise<void> = Promise.resolve();
  #inFlight = 0;
  #landed: (() => void) | undefined;
  #isWaitingForRoom = false;
  // Ends the puts that do not wait, once one before them waits for room.
  readonly #impatient = new Set<() => void>();

  constructor(stream: QueueStream, large: LargeItems) {
    this.#stream = stream;
    this.#large = large;
  }

  /** Puts an item. `undefined` if the wait ended before there was room. */
  put(bytes: Uint8Array, waiting: Waiting): Promise<true | undefined> {
    return this.#inTurn(waiting, (left) => this.#putNext(bytes, waiting, left));
  }

  /** Puts items into a queue without a limit. `undefined` if the wait ended before their turn. */
  putTogether(items: readonly Uint8Array[], waiting: Waiting): Promise<true | undefined> {
    return this.#inTurn(waiting, async (left) => {
      const stored = this.#stream.storeTogether(items);
      left();
      // What becomes of the others is seen one by one. Those that are stored already are known by their ids.
      for (const [id, bytes] of await stored)
        if ((await this.#stream.store(bytes, undefined, waiting, id)) === "shut down") throw shutDown();
      return true;
    });
  }

  async #inTurn(waiting: Waiting, put: (left: () => void) => Promise<true | undefined>): Promise<true | undefined> {
    const before = this.#turn;
    const left = Promise.withResolvers<void>();
    this.#turn = left.promise;
    try {
      if (!(await waiting.turnCame(before, this.#impatiently(waiting)))) return undefined;
      await waiting.patiently(() => this.#stream.ready());
      return await put(left.resolve);
    } finally {
      // Those behind a put that has ended still wait for those before it.
      void before.then(left.resolve);
    }
  }

  // A put that does not wait has ended if one before it waits for room.
  #impatiently(waiting: Waiting): (end: () => void) => () => void {
    return (end) => {
      if (waiting.once) this.#impatient.add(end);
      if (waiting.once && this.#isWaitingForRoom) end();
      return () => this.#impatient.delete(end);
    };
  }

  async #putNext(bytes: Uint8Array, waiting: Waiting, left: () => void): Promise<true | undefined> {
    const object = this.#large.isLarge(bytes.length) ? await waiting.patiently(() => this.#large.put(bytes)) : undefined;
    const payload = object === undefined ? bytes : new Uint8Array(0);
    try {
      for (let pause = FIRST_LOOK_MS; ; pause = Math.min(LAST_LOOK_MS, 2 * pause)) {
        const outcome = await this.#send(payload, object?.headers, waiting, left);
        if (outcome === "stored") return true;
        if ((outcome === "shut down" || waiting.once || waiting.isOver) && object !== undefined) await this.#large.remove(object.name);
        if (outcome === "shut down") throw shutDown();
        if (waiting.once || waiting.isOver) return undefined;
        this.#isWaitingForRoom = true;
        for (const end of this.#impatient) end();
        await this.#stream.room(waiting, pause);
      }
    } finally {
      this.#isWaitingForRoom = false;
    }
  }

  async #send(payload: Uint8Array, headers: MsgHdrs | undefined, waiting: Waiting, left: () => void): Promise<Outcome> {
    while (this.#inFlight >= MOST_IN_FLIGHT) await new Promise<void>((resolve) => (this.#landed = resolve));
    this.#inFlight++;
    try {
      const stored = this.#stream.store(payload, headers, waiting);
      if (!this.#stream.isBounded) left();
      return await stored;
    } finally {
      this.#inFlight--;
      this.#landed?.();
      this.#landed = undefined;
    }
  }
}
