import type { Incoming } from "../backend/contract/message.ts";
import { unseal } from "../codec/envelope.ts";
import { ClosedError } from "../errors/errors.ts";
import { now, turn } from "../util/clock.ts";
import { unheld } from "../util/event-loop.ts";
import { entriesIn } from "./entries.ts";
import type { Receiver } from "./receiver.ts";
import { takeLent } from "./take.ts";
import type { ResultsPort } from "./worker-source.ts";

/** After so many milliseconds of results without a pause, the event loop turns. */
const TURN_MS = 5;

/** The engine of a pool, as the loop needs it. */
export interface LoopHost {
  /** Whether something is to come. */
  readonly expectsMore: boolean;
  /** Whether the program must not end before that. */
  readonly holdsProgram: boolean;
  /** Hands out tasks. */
  pass(): void;
  /** Asks for a pass later. */
  schedule(): void;
  /** Nothing can be received any more. */
  deaf(error: unknown): void;
}

/** Takes what the workers send, as long as something is to come. */
export class ReceiveLoop {
  readonly #results: ResultsPort;
  readonly #receiver: Receiver;
  readonly #host: LoopHost;
  #isRunning = false;

  constructor(results: ResultsPort, receiver: Receiver, host: LoopHost) {
    this.#results = results;
    this.#receiver = receiver;
    this.#host = host;
  }

  /** Runs the loop, unless it runs already. */
  async run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const host = this.#host;
    try {
      for (let began = now(); host.expectsMore; ) {
        let incoming = this.#results.getNow?.();
        if (incoming === undefined) {
          host.pass();
          const next = (): Promise<Incoming | undefined> => takeLent(this.#results);
          incoming = await (host.holdsProgram ? next() : unheld(next));
          began = now();
        }
        if (incoming !== undefined) this.#handle(incoming);
        if (now() - began < TURN_MS) continue;
        host.pass();
        await turn();
        began = now();
      }
    } catch (error) {
      // The queue is closed at the end of the pool. Any other error would leave calls without an end.
      if (!(error instanceof ClosedError)) host.deaf(error);
    } finally {
      this.#isRunning = false;
    }
    if (host.expectsMore) host.schedule();
  }

  #handle(incoming: Incoming): void {
    const { message } = incoming;
    const { bytes, refs } = message.refs.length > 0 ? message : unseal(message.bytes);
    for (const entry of entriesIn(bytes)) this.#receiver.handle(entry, incoming, refs);
    if (refs.length === 0) incoming.settle();
  }
}
