import { NO_REFS } from "../backend/contract/message.ts";
import { type Packed, packLent } from "../objects/message.ts";
import { copyOf } from "../util/bytes.ts";
import { type Header, headerOf } from "./entries.ts";
import type { WorkerSource } from "./worker-source.ts";

/** Packs an entry that several workers get, as its value is now. Throws `SerializationError` if it can't travel to these workers. */
export function packKept(value: unknown, root: string, header: Partial<Header>, source: Pick<WorkerSource, "checkRefs">): Packed {
  const packed = packLent(value, root, headerOf(header));
  try {
    source.checkRefs?.(packed.refs);
  } catch (error) {
    packed.release(false);
    throw error;
  }
  return packed.refs.length > 0 ? packed : { ...packed, bytes: copyOf(packed.bytes) };
}

/**
 * A message that may be sent to several workers, one after another or at once. A shared object inside can be received once only. So each worker
 * gets a copy of its own, and the original keeps the objects until the end.
 */
export class Repeatable {
  readonly #original: Packed;
  // Most messages have no objects inside, and need no copies.
  #copies: Packed[] | undefined;

  constructor(original: Packed) {
    this.#original = original;
  }

  get bytes(): Uint8Array {
    return this.#original.bytes;
  }

  get hasObjects(): boolean {
    return this.#original.refs.length > 0;
  }

  /** Returns what is to be sent to one worker. If that can't be made, `fail` hears why, and the message is one that no worker can open. */
  copy(fail: (error: unknown) => void): Packed {
    if (!this.hasObjects) return this.#original;
    try {
      const copy = this.#original.again();
      this.#copies ??= [];
      this.#copies.push(copy);
      return copy;
    } catch (error) {
      fail(error);
      return { ...this.#original, refs: NO_REFS };
    }
  }

  /** Releases the shared objects inside. */
  release(): void {
    // A copy that no worker has received by now is not needed any more.
    const wasSent = this.#copies !== undefined;
    for (const copy of this.#copies?.splice(0) ?? []) copy.release(false);
    this.#original.release(wasSent);
  }
}
