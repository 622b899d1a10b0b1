// The bytes of calls and replies, in the queues between a server and its clients. Behind the bytes of a call are the number of the client's
// session (f64), the number of the object (u32) and the number of the call (u32). Behind those of a reply is the number of the call (u32).
import { asKept, COPY_BELOW, copyOf } from "../../../../util/bytes.ts";
import { Prefixes } from "../../../../util/prefixes.ts";
import { type Incoming, NO_REFS } from "../../../contract/message.ts";

export const CALL_TAIL = 16;
export const REPLY_TAIL = 4;
/** No call has this number. A reply with it says that the server knows the session. */
export const WELCOME = 0;

const FIRST_BUFFER = 1 << 10;

/** What stands behind the bytes of a call. */
export interface CallTail {
  readonly session: number;
  readonly object: number;
  readonly call: number;
}

/** Writes frames into one buffer. Each is valid until the next. */
export class FrameWriter {
  #prefixes = new Prefixes(new Uint8Array(FIRST_BUFFER));
  #view = new DataView(this.#prefixes.bytes.buffer);

  call(bytes: Uint8Array, { session, object, call }: CallTail): Uint8Array {
    const frame = this.#frame(bytes, CALL_TAIL);
    const at = bytes.length;
    const view = this.#viewOf(frame);
    view.setFloat64(at, session);
    view.setUint32(at + 8, object);
    view.setUint32(at + 12, call);
    return frame;
  }

  reply(bytes: Uint8Array, call: number): Uint8Array {
    const frame = this.#frame(bytes, REPLY_TAIL);
    this.#viewOf(frame).setUint32(bytes.length, call);
    return frame;
  }

  #frame(bytes: Uint8Array, tail: number): Uint8Array {
    const size = bytes.length + tail;
    let frame: Uint8Array;
    if (size >= COPY_BELOW) frame = new Uint8Array(size);
    else {
      if (size > this.#prefixes.bytes.length) {
        this.#prefixes = new Prefixes(new Uint8Array(2 ** Math.ceil(Math.log2(size))));
        this.#view = new DataView(this.#prefixes.bytes.buffer);
      }
      frame = this.#prefixes.of(size);
    }
    frame.set(bytes);
    return frame;
  }

  #viewOf(frame: Uint8Array): DataView {
    return frame.buffer === this.#view.buffer ? this.#view : new DataView(frame.buffer);
  }
}

/** Reads what stands behind the bytes of a call. `undefined` if the frame is too short for it. */
export function callTailOf(frame: Uint8Array): CallTail | undefined {
  const at = frame.length - CALL_TAIL;
  if (at < 0) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset + at, CALL_TAIL);
  return { session: view.getFloat64(0), object: view.getUint32(8), call: view.getUint32(12) };
}

/** Reads the number of the call to which a reply belongs. `undefined` if the frame is too short for it. */
export function replyTailOf(frame: Uint8Array): number | undefined {
  const at = frame.length - REPLY_TAIL;
  return at < 0 ? undefined : new DataView(frame.buffer, frame.byteOffset + at, REPLY_TAIL).getUint32(0);
}

/** Returns the message without its tail. */
export function withoutTail(incoming: Incoming, tail: number): Incoming {
  const { message, lent, settle } = incoming;
  const bytes = message.bytes.subarray(0, message.bytes.length - tail);
  return lent ? { message: { bytes, refs: NO_REFS }, lent, settle } : { message: { bytes: asKept(bytes), refs: NO_REFS }, lent, settle };
}

/** Returns a message that may be kept. */
export function kept(incoming: Incoming): Incoming {
  if (!incoming.lent) return incoming;
  return { message: { bytes: copyOf(incoming.message.bytes), refs: NO_REFS }, lent: false, settle: incoming.settle };
}
