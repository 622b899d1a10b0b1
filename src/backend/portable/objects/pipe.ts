import { Op } from "../../../codec/op.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { cutOff, endOfPipe, noReader } from "../../../errors/messages.ts";
import type { HubObject, Request, Withdraw } from "../hub/request.ts";
import { Mailbox } from "./mailbox.ts";

// A sender waits while this many bytes are unread.
const HIGH_WATER = 1 << 20;

/** One direction of a pipe. */
class Lane {
  readonly box: Mailbox;
  #noReader = false;
  #torn: { readonly arrived: number; readonly expected: number } | undefined;

  constructor() {
    this.box = new Mailbox({
      hasRoom: (items, bytes) => items === 0 || bytes < HIGH_WATER,
      settle: ({ message }) => message.release(),
      giveBack: (items) => {
        if (!this.#noReader) this.box.putBack(items);
        else for (const { message } of items) message.release();
      },
      lose: ({ message }) => message.release(),
    });
  }

  /** Called when a message was cut off because its writer died. The reader's first error at the end of the pipe says so. */
  tear(arrived: number, expected: number): void {
    this.#torn = { arrived, expected };
  }

  loseReader(): void {
    this.#noReader = true;
    this.box.clear();
    this.box.refusePuts(noReader);
  }

  loseWriter(): void {
    this.box.endGets(() => this.#endOfPipe());
  }

  #endOfPipe(): Error {
    const torn = this.#torn;
    this.#torn = undefined;
    return torn === undefined ? endOfPipe() : cutOff(torn.arrived, torn.expected);
  }
}

/** One end of a pipe, in its hub. */
class PipeEnd implements HubObject {
  // The lanes that this end writes to and reads from. Without `duplex`, one of them is missing.
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
    request.responder.fail(new CorruptedError(`This end of a pipe has no operation ${request.op}.`));
    return;
  }

  torn(arrived: number, expected: number): void {
    this.#out?.tear(arrived, expected);
  }

  discard(): void {
    this.#out?.loseWriter();
    this.#in?.loseReader();
  }
}

/** Makes the two ends of a pipe. Without `duplex`, the first only reads and the second only writes. */
export function makePipeEnds(duplex: boolean): [HubObject, HubObject] {
  const toFirst = new Lane();
  const toSecond = duplex ? new Lane() : undefined;
  return [new PipeEnd(toSecond, toFirst), new PipeEnd(toFirst, toSecond)];
}
