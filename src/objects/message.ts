import type { Message } from "../backend/contract/message.ts";
import { NO_REFS } from "../backend/contract/message.ts";
import type { Port } from "../backend/contract/port.ts";
import type { Ref } from "../backend/contract/ref.ts";
import { backendOf } from "../backend/registry.ts";
import { decode } from "../codec/decode.ts";
import { encode, encodeLent, encodeReport, type LentEncoded, type Tail } from "../codec/encode.ts";
import { unseal } from "../codec/envelope.ts";
import type { ListWriter } from "../codec/message-list.ts";
import { MAX_OBJECTS } from "../codec/tags.ts";
import { SerializationError } from "../errors/errors.ts";
import { copyOf } from "../util/bytes.ts";
import { adoptAll } from "./adopt.ts";
import { nameObject } from "./named.ts";
import { openPort, partsOf, portOf, type SharedObject } from "./shared-object.ts";
import { counting } from "./unclosed.ts";

/** A value that is ready to be sent. It has ports of its own to the shared objects inside, so that they live until they arrive. */
export interface Packed extends Message {
  /** Releases the shared objects inside. `sent` says whether the message was sent, so that the receiver has them now. */
  release(sent: boolean): void;
  /** Makes one more message with the same value for another receiver, also after the program has closed the shared objects inside. */
  again(): Packed;
}

const nothing = (): void => {};

/** Packs a value as it is now. Throws `SerializationError` with the path to a part that can't travel. */
export function pack(value: unknown, root: string): Packed {
  return packed(encode(value, root));
}

/** Packs a report about an error. Each part that can't travel is replaced by a text that describes it, so that the rest arrives. */
export function packReport(value: unknown, tail?: Tail): Packed {
  try {
    return packed(encodeReport(value, true, tail));
  } catch {
    // A shared object inside can't be passed on now, for example because this process may open no more descriptors.
    return packed(encodeReport(value, false, tail));
  }
}

/**
 * Like {@link pack}, for a port that handles the message at once: the bytes are valid until the next value is packed.
 *
 * @param tail writes bytes behind the value
 * @param lendBelow the caller may keep the bytes if they are as many as this, or more
 */
export function packLent(value: unknown, root: string, tail?: Tail, lendBelow?: number): Packed {
  const encoded = encodeLent(value, root, tail, lendBelow);
  // The references will be encoded into the same buffer, so the bytes must be copied first.
  return packed(encoded.shared.length === 0 ? encoded : { ...encoded, bytes: copyOf(encoded.bytes) });
}

/**
 * Packs a value at the end of a list. A value with shared objects inside, or of `aloneFrom` bytes or more, is not in the list: it is returned for
 * a message of its own.
 */
export function packInto(list: ListWriter, value: unknown, root: () => string, aloneFrom: number): Packed | undefined {
  const shared = list.add(value, root);
  return shared.length === 0 && list.lastSize < aloneFrom ? undefined : packed({ bytes: list.takeLast(), shared });
}

function packed({ bytes, shared }: LentEncoded): Packed {
  if (shared.length === 0) return { bytes, refs: NO_REFS, release: nothing, again: itself };
  checkCount(shared.length);
  const objects = new Numbering(shared as readonly SharedObject[]);
  const ports: Port[] = [];
  const release = (sent: boolean): void => {
    for (const port of ports) port.release(sent);
  };
  try {
    const refs: Ref[] = [];
    // The loop also reaches the companions, which are added to the array while it runs.
    for (const object of objects.all) {
      const port = openPort(object, "sending it").again();
      ports.push(port);
      refs.push(withParts(port.share(), object, objects));
      checkCount(objects.all.length);
    }
    return { bytes, refs, release, again: () => repeated(bytes, refs, ports) };
  } catch (error) {
    release(false);
    throw error;
  }
}

// Any number of receivers may have the same bytes.
function itself(this: Packed): Packed {
  return this;
}

function repeated(bytes: Uint8Array, refs: readonly Ref[], originals: readonly Port[]): Packed {
  const ports: Port[] = [];
  const release = (sent: boolean): void => {
    for (const port of ports) port.release(sent);
  };
  try {
    for (const original of originals) ports.push(original.again());
    const shared = refs.map((ref, i) => ({ ...ref, ...(ports[i] as Port).share() }));
    return { bytes, refs: shared, release, again: () => repeated(bytes, shared, ports) };
  } catch (error) {
    release(false);
    throw error;
  }
}

// It is refused here, before anything is sent: the receiver would take more for a broken protocol, and cut its sender off.
function checkCount(objects: number): void {
  if (objects <= MAX_OBJECTS) return;
  throw new SerializationError(
    `A message carries at most ${MAX_OBJECTS} shared objects, and this one has ${objects}: send several messages.`,
  );
}

function withParts(ref: Ref, object: SharedObject, objects: Numbering): Ref {
  const { details, companions } = partsOf(object);
  const { givenName } = portOf(object);
  const named = givenName === undefined ? ref : { ...ref, givenName };
  if (details === undefined && companions === undefined) return named;
  return { ...named, details, companions: companions?.map((companion) => objects.indexOf(companion)) };
}

/** The shared objects of a message, each with its index. */
class Numbering {
  readonly all: SharedObject[];
  #indexes: Map<SharedObject, number> | undefined;

  constructor(objects: readonly SharedObject[]) {
    this.all = [...objects];
  }

  /** The index of an object, which is added if it is not there yet. */
  indexOf(object: SharedObject): number {
    this.#indexes ??= new Map(this.all.map((each, index) => [each, index]));
    const known = this.#indexes.get(object);
    if (known !== undefined) return known;
    const index = this.all.push(object) - 1;
    this.#indexes.set(object, index);
    return index;
  }
}

/** Waits until the shared objects of a message can be attached without waiting for another process. */
export function fetched({ refs }: Message): Promise<unknown> | undefined {
  const pending = [...new Set(refs.map(({ backend }) => backend))].flatMap((name) => {
    const ofBackend = refs.filter(({ backend }) => backend === name);
    return backendOf(ofBackend[0] as Ref).fetch?.(ofBackend) ?? [];
  });
  return pending.length === 0 ? undefined : Promise.all(pending);
}

/** Decodes a message that came. `attached` settles when this process is attached to the shared objects inside. */
export function unpack(message: Message): { readonly value: unknown; readonly attached: Promise<unknown> | undefined } {
  const { bytes, refs } = message.refs.length === 0 ? unseal(message.bytes) : message;
  if (refs.length === 0) return { value: decode(bytes), attached: undefined };
  const ports = attachAll(refs);
  try {
    const value = decode(bytes, adoptAll(refs, ports));
    return { value, attached: Promise.allSettled(ports.map((port) => port.attached)) };
  } catch (error) {
    for (const port of ports) port.release();
    throw error;
  }
}

function attachAll(refs: readonly Ref[]): Port[] {
  const ports: Port[] = [];
  try {
    for (const ref of refs) {
      const port = backendOf(ref).attach(ref);
      ports.push(port);
      nameObject(port, ref.givenName);
    }
    return ports;
  } catch (error) {
    for (const port of ports) port.release();
    throw counting(error);
  }
}
