import { Op } from "../../../codec/frame.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { cutOff, endOfPipe, noReader } from "../../../errors/messages.ts";
import type { Holder, Hosted, Request, Withdraw } from "../hub/request.ts";
import { Mailbox } from "./mailbox.ts";

/** A sender waits while this many bytes are unread. */
export const HIGH_WATER: number = 1 << 20;

/** One direction of a pipe. */
class Lane {
  readonly box: Mailbox;
  #noReader = false;
  #torn: { readonly arrived: number; readonly expected: number } | undefined;

  constructor() {
    this.box = new Mailbox({
      hasRoom: (items, bytes) => items === 0 || bytes < HIGH_WATER,
      settle: ({ message }) => message.release(),
      giveBack: (item) => (this.#noReader ? item.message.release() : this.box.putBack(item)),
      lose: ({ message }) => message.release(),
    });
  }

  /** A message was cut off by its writer's death: the reader is told in place of the first EOF. */
  tear(arrived: number, expected: number): void {
    this.#torn = { arrived, expected };
  }

  loseReader(): void {
    this.#noReader = true;
    this.box.clear();
    this.box.refusePuts(noReader);
  }

  loseWriter(): void {
    this.box.endGets(() => this.#eof());
  }

  #eof(): Error {
    const torn = this.#torn;
    this.#torn = undefined;
    return torn === undefined ? endOfPipe() : cutOff(torn.arrived, torn.expected);
  }
}

/** One end of a pipe as its hub keeps it. */
class PipeEnd implements Hosted {
  // What this end writes and reads; undefined where it may not.
  readonly #out: Lane | undefined;
  readonly #in: Lane | undefined;

  constructor(out: Lane | undefined, input: Lane | undefined) {
    this.#out = out;
    this.#in = input;
  }

  handle(request: Request): Withdraw | undefined {
    if (request.op === Op.put && this.#out !== undefined) return this.#out.box.put(request);
    if (request.op === Op.get && this.#in !== undefined) return this.#in.box.get(request);
    if (request.op === Op.poll && this.#in !== undefined) return this.#in.box.poll(request);
    request.message?.release();
    request.answer.fail(new CorruptedError(`This end of a pipe has no operation ${request.op}.`));
    return;
  }

  arrive(): void {}

  depart(): void {}

  torn(_who: Holder, arrived: number, expected: number): void {
    this.#out?.tear(arrived, expected);
  }

  discard(): void {
    this.#out?.loseWriter();
    this.#in?.loseReader();
  }
}

/** The two ends of a pipe; without `duplex` the first only reads. */
export function makePipeEnds(duplex: boolean): [Hosted, Hosted] {
  const forth = new Lane();
  const back = duplex ? new Lane() : undefined;
  return [new PipeEnd(back, forth), new PipeEnd(forth, back)];
}
