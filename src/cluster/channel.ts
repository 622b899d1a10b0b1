import { copyOf, join } from "../util/bytes.ts";
import { now, soon, startTimer, stopTimer, type Timer } from "../util/clock.ts";

/** A frame: a byte with its kind, its number, and the number of the last frame that its sender has got. The bytes follow. */
const HEADER = 9;
/** Kinds of frames. */
const Frame = { beat: 0, part: 1, last: 2, gone: 3 } as const;
/** So many bytes are on their way at most. A server cuts off a receiver for which far more of them wait. */
const MOST_ON_WAY = 4 << 20;
const MOST_PART = 256 << 10;
/** What nobody has confirmed is sent again after so many milliseconds. */
const AGAIN_MS = 1000;
/** After so many beats without a frame of the other side it counts as dead. There are three in a lease. */
const MOST_SILENT_BEATS = 3;
/** A message may have so many bytes. */
const MOST_MESSAGE = 2 ** 30;
const NOTHING = new Uint8Array(0);

export interface ChannelEvents {
  /** A message came. */
  message(bytes: Uint8Array): void;
  /** The other side is dead, or has given this channel up. Nothing comes any more. */
  gone(why: string): void;
}

interface Sent {
  readonly number: number;
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/**
 * Messages between two processes of a cluster, in both directions. Each message arrives once, in its order, also if a server is restarted
 * meanwhile: what the other side has not confirmed is sent again.
 */
export class Channel {
  readonly #publish: (frame: Uint8Array, address: string) => void;
  readonly #events: ChannelEvents;
  readonly #mostPart: number;
  readonly #waiting: Sent[] = [];
  readonly #onWay: Sent[] = [];
  #bytesOnWay = 0;
  #last = 0;
  // The number of the last frame that came, and the parts of a message that is not complete.
  #got = 0;
  #parts: Uint8Array[] = [];
  #size = 0;
  #owesWord = false;
  #silentBeats = 0;
  #sentAt = 0;
  #again: Timer | undefined;
  #isOver = false;
  #address: string | undefined;
  readonly #empty = Promise.withResolvers<void>();
  #wantsEmpty = false;
  #hasRoom = Promise.withResolvers<void>();

  constructor(publish: (frame: Uint8Array, address: string) => void, mostBytes: number, events: ChannelEvents) {
    this.#publish = publish;
    this.#mostPart = Math.min(MOST_PART, mostBytes - HEADER);
    this.#events = events;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Tells where the other side hears. */
  connect(address: string): void {
    this.#address = address;
    this.#put(Frame.beat, 0, NOTHING);
    this.#sendMore();
  }

  /** Sends a message. Its bytes are copied. */
  send(bytes: Uint8Array): void {
    if (this.#isOver) return;
    for (let at = 0; at === 0 || at < bytes.length; at += this.#mostPart) {
      const end = at + this.#mostPart;
      const kind = end >= bytes.length ? Frame.last : Frame.part;
      this.#waiting.push({ number: ++this.#last, kind, bytes: copyOf(bytes.subarray(at, end)) });
    }
    this.#sendMore();
  }

  /** Resolves when the other side has got everything, or is gone. */
  async sent(): Promise<void> {
    this.#wantsEmpty = true;
    this.#lookIfEmpty();
    await this.#empty.promise;
  }

  /** Resolves when the next message need not wait long in the memory of this process. */
  async room(): Promise<void> {
    if (this.#isOver || this.#waiting.length === 0) return;
    this.#hasRoom = Promise.withResolvers<void>();
    await this.#hasRoom.promise;
  }

  /** Tells the other side that this one is there. It is called three times in a lease. */
  beat(): void {
    if (this.#isOver || this.#address === undefined) return;
    if (++this.#silentBeats > MOST_SILENT_BEATS) return this.end("it was silent for longer than the lease");
    this.#put(Frame.beat, 0, NOTHING);
  }

  /** Sends and hears nothing any more. */
  close(): void {
    this.#isOver = true;
    stopTimer(this.#again);
    this.#waiting.length = 0;
    this.#onWay.length = 0;
    this.#empty.resolve();
    this.#hasRoom.resolve();
  }

  /** A frame came. What is no frame is ignored. */
  receive(frame: Uint8Array): void {
    if (this.#isOver || frame.length < HEADER) return;
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    const kind = view.getUint8(0);
    if (kind === Frame.gone) return this.end("it has given this connection up, because nothing was heard from here for a while");
    this.#silentBeats = 0;
    this.#confirmed(view.getUint32(5));
    if (kind !== Frame.part && kind !== Frame.last) return;
    // A frame that came twice is confirmed again, because its confirmation may be lost. Behind a gap, the sender starts again after it.
    this.#confirmSoon();
    if (view.getUint32(1) !== this.#got + 1) return;
    this.#got++;
    this.#accept(kind, frame.subarray(HEADER));
  }

  #accept(kind: number, bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#size > MOST_MESSAGE) return this.end("it has sent a message of more than 1 GiB");
    if (kind === Frame.part || this.#parts.length > 0) this.#parts.push(bytes);
    if (kind === Frame.part) return;
    const message = this.#parts.length > 0 ? join(this.#parts) : bytes;
    this.#parts = [];
    this.#size = 0;
    this.#events.message(message);
  }

  #confirmed(number: number): void {
    let isNews = false;
    for (let [first] = this.#onWay; first !== undefined && first.number <= number; [first] = this.#onWay) {
      this.#onWay.shift();
      this.#bytesOnWay -= first.bytes.length;
      isNews = true;
    }
    if (!isNews) return;
    this.#sentAt = now();
    this.#sendMore();
    this.#lookIfEmpty();
  }

  #sendMore(): void {
    if (this.#address === undefined) return;
    while (this.#waiting.length > 0 && this.#bytesOnWay < MOST_ON_WAY) {
      const next = this.#waiting.shift() as Sent;
      this.#onWay.push(next);
      this.#bytesOnWay += next.bytes.length;
      this.#sentAt = now();
      this.#put(next.kind, next.number, next.bytes);
    }
    if (this.#waiting.length === 0) this.#hasRoom.resolve();
    if (this.#onWay.length > 0) this.#again ??= startTimer(() => this.#sendAgain(), AGAIN_MS);
  }

  #sendAgain(): void {
    this.#again = undefined;
    if (this.#isOver || this.#onWay.length === 0) return;
    if (now() - this.#sentAt >= AGAIN_MS) for (const { kind, number, bytes } of this.#onWay) this.#put(kind, number, bytes);
    this.#again = startTimer(() => this.#sendAgain(), AGAIN_MS);
  }

  // A frame that leaves soon carries the confirmation. Otherwise a frame of its own does.
  #confirmSoon(): void {
    if (this.#owesWord) return;
    this.#owesWord = true;
    soon(() => {
      if (this.#owesWord && !this.#isOver) this.#put(Frame.beat, 0, NOTHING);
    });
  }

  #put(kind: number, number: number, bytes: Uint8Array): void {
    if (this.#address === undefined) return;
    this.#owesWord = false;
    const frame = new Uint8Array(HEADER + bytes.length);
    const view = new DataView(frame.buffer);
    view.setUint8(0, kind);
    view.setUint32(1, number);
    view.setUint32(5, this.#got);
    frame.set(bytes, HEADER);
    this.#publish(frame, this.#address);
  }

  #lookIfEmpty(): void {
    if (this.#wantsEmpty && this.#onWay.length === 0 && this.#waiting.length === 0) this.#empty.resolve();
  }

  /** Counts the other side as gone. */
  end(why: string): void {
    if (this.#isOver) return;
    this.close();
    this.#events.gone(why);
  }
}

/** The frame that says to a sender that nobody hears it here. */
export const GONE: Uint8Array = Uint8Array.of(Frame.gone, 0, 0, 0, 0, 0, 0, 0, 0);

/** Whether a frame is {@link GONE}, to which nobody replies. */
export function saysGone(frame: Uint8Array): boolean {
  return frame[0] === Frame.gone;
}
