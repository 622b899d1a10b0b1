import type { Message } from "../backend/contract/message.ts";
import { NO_REFS } from "../backend/contract/message.ts";
import type { Port } from "../backend/contract/port.ts";
import type { Ref } from "../backend/contract/ref.ts";
import { backendOf } from "../backend/registry.ts";
import { decode } from "../codec/decode.ts";
import { encode, encodeLent, type LentEncoded } from "../codec/encode.ts";
import { unseal } from "../codec/envelope.ts";
import { copyOf } from "../util/bytes.ts";
import { adoptAll } from "./adopt.ts";
import { openPort, partsOf, type SharedObject } from "./shared-object.ts";

/** A value that is ready to leave. Ports of its own keep the shared objects inside alive on their way. */
export interface Packed extends Message {
  /** Lets go of the shared objects inside: the receiver holds them now, or (`sent` false) nobody will get them. */
  release(sent: boolean): void;
}

const nothing = (): void => {};

/** Packs a value as it is now. Throws `SerializationError` with the path to what can't travel. */
export function pack(value: unknown, root: string): Packed {
  return packed(encode(value, root));
}

/** As {@link pack}, for a port that takes the message now: the bytes are good until the next value is packed. */
export function packLent(value: unknown, root: string): Packed {
  const encoded = encodeLent(value, root);
  // The references will be encoded too, over these bytes.
  return packed(encoded.shared.length === 0 ? encoded : { ...encoded, bytes: copyOf(encoded.bytes) });
}

function packed({ bytes, shared }: LentEncoded): Packed {
  if (shared.length === 0) return { bytes, refs: NO_REFS, release: nothing };
  const objects = [...shared] as SharedObject[];
  const ports: Port[] = [];
  const release = (sent: boolean): void => {
    for (const port of ports) port.release(sent);
  };
  try {
    const refs: Ref[] = [];
    // Companions join the list while it is read.
    for (const object of objects) {
      const port = openPort(object, "sending it").again();
      ports.push(port);
      refs.push(withParts(port.share(), object, objects));
    }
    return { bytes, refs, release };
  } catch (error) {
    release(false);
    throw error;
  }
}

function withParts(ref: Ref, object: SharedObject, objects: SharedObject[]): Ref {
  const { details, companions } = partsOf(object);
  if (details === undefined && companions === undefined) return ref;
  return { ...ref, details, companions: companions?.map((companion) => indexIn(objects, companion)) };
}

function indexIn(objects: SharedObject[], object: SharedObject): number {
  const known = objects.indexOf(object);
  return known === -1 ? objects.push(object) - 1 : known;
}

/** The value of a message that came. `attached` settles when this process holds the shared objects inside. */
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
    for (const ref of refs) ports.push(backendOf(ref).attach(ref));
    return ports;
  } catch (error) {
    for (const port of ports) port.release();
    throw error;
  }
}
