import { Op } from "../../../codec/op.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { cutOff, endOfPipe, noReader } from "../../../errors/messages.ts";
import type { HubObject, ParticipantId, Request, Withdraw } from "../hub/request.ts";
import type { Item } from "./delivery.ts";
import { Mailbox } from "./mailbox.ts";

// A sender waits while this many bytes are unread.
const HIGH_WATER = 1 << 20;

/** One direction of a pipe. */
class Lane {
  readonly box: Mailbox;
  #noReader = false;
  // The message that a reader has got ahead, until it has read it or given it back.
  #ahead: { readonly item: Item; readonly participant: ParticipantId } | undefined;
  // Declines the request for such a message that waits.
  #waitingAhead: (() => void) | undefined;
  #torn: { readonly arrived: number; readonly expected: number } | undefined;

  constructor() {
    this.box = new Mailbox({
      hasRoom: (items, bytes) => items === 0 || bytes < HIGH_WATER,
      settle: (item) => this.#drop(item),
      giveBack: (items) => {
        if (!this.#noReader) this.box.putBack(items);
        else for (const { message } of items) message.release();
        for (const item of items) this.#release(item);
      },
      lose: (item) => this.#drop(item),
      sentAhead: (item, participant) => {
        this.#waitingAhead = undefined;
        this.#ahead = { item, participant };
      },
      isHeld: (participant) => this.#ahead !== undefined && this.#ahead.participant !== participant,
    });
  }

  /** Like a get, for a reader whose program has not asked yet. It must be the only reader, because it may keep the message for any time. */
  getAhead(request: Request): Withdraw | undefined {
    if (this.#waitingAhead !== undefined) {
      request.responder.decline();
      return;
    }
    const remove = this.box.getAhead(request);
    if (remove === undefined) return;
    const withdraw = (): boolean => {
      this.#waitingAhead = undefined;
      return remove();
    };
    this.#waitingAhead = () => {
      if (withdraw()) request.responder.decline();
    };
    return withdraw;
  }

  /** Called when there is another reader. It may have to wait until the present one has read the message that it has, or given it back. */
  sendNothingAhead(): void {
    this.#waitingAhead?.();
  }

  #drop(item: Item): void {
    item.message.release();
    this.#release(item);
  }

  #release(item: Item): void {
    if (this.#ahead?.item !== item) return;
    this.#ahead = undefined;
    this.box.resume();
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
  readonly #participants = new Set<ParticipantId>();

  constructor(out: Lane | undefined, input: Lane | undefined) {
    this.#out = out;
    this.#in = input;
  }

  handle(request: Request): Withdraw | undefined {
    if (request.op === Op.getAhead && this.#in !== undefined) return this.#getAhead(this.#in, request);
    if (request.op === Op.put && this.#out !== undefined) return this.#out.box.put(request);
    if (request.op === Op.get && this.#in !== undefined) return this.#in.box.get(request);
    if (request.op === Op.poll && this.#in !== undefined) return this.#in.box.poll(request);
    request.message?.release();
    request.responder.fail(new CorruptedError(`This end of a pipe has no operation ${request.op}.`));
    return;
  }

  attached(participant: ParticipantId): void {
    this.#participants.add(participant);
    if (this.#participants.size > 1) this.#in?.sendNothingAhead();
  }

  detached(participant: ParticipantId): void {
    this.#participants.delete(participant);
  }

  torn(arrived: number, expected: number): void {
    this.#out?.tear(arrived, expected);
  }

  discard(): void {
    this.#out?.loseWriter();
    this.#in?.loseReader();
  }

  #getAhead(input: Lane, request: Request): Withdraw | undefined {
    if (this.#participants.size === 1) return input.getAhead(request);
    request.responder.decline();
    return;
  }
}

/** Makes the two ends of a pipe. Without `duplex`, the first only reads and the second only writes. */
export function makePipeEnds(duplex: boolean): [HubObject, HubObject] {
  const toFirst = new Lane();
  const toSecond = duplex ? new Lane() : undefined;
  return [new PipeEnd(toSecond, toFirst), new PipeEnd(toFirst, toSecond)];
}
