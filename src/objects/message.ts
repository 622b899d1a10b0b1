import type { Incoming, Message, Port, PortKind, Ref } from "../backend/contract/backend.ts";
import { backendOf } from "../backend/registry.ts";
import { decode } from "../codec/decode.ts";
import { type Encoded, encode, lend } from "../codec/encode.ts";
import { unseal } from "../codec/envelope.ts";
import { handleOf } from "../codec/shared-mark.ts";

/** Given to a shared object's constructor in place of its options: it is to stand for an object that exists. */
export class Adopted<P extends Port = Port> {
  readonly port: P;
  readonly readable: boolean;
  readonly writable: boolean;

  constructor(port: P, readable = true, writable = true) {
    this.port = port;
    this.readable = readable;
    this.writable = writable;
  }
}

type Reviver = (adopted: Adopted<never>) => object;
const revivers = new Map<PortKind, Reviver>();

/** How a reference of this kind becomes an object again. */
export function registerShared(kind: PortKind, revive: Reviver): void {
  revivers.set(kind, revive);
}

export interface Packed extends Message {
  /** Lets go of the shared objects inside: somebody else holds them now, or (`sent` false) nobody will get them. */
  release(sent: boolean): void;
}

const NO_REFS: readonly Ref[] = [];
const nothing = (): void => {};

/** A value as it is now, ready to leave. Throws `SerializationError` with the path to what can't travel. */
export function pack(value: unknown, root: string): Packed {
  return packed(encode(value, root));
}

/** As {@link pack}, for a port that takes it now: the bytes hold until the next value is packed. */
export function packLent(value: unknown, root: string): Packed {
  const encoded = lend(value, root);
  // Its references are to be encoded too.
  return packed(encoded.shared.length === 0 ? encoded : { ...encoded, bytes: encoded.bytes.slice() });
}

function packed({ bytes, shared }: Encoded): Packed {
  if (shared.length === 0) return { bytes, refs: NO_REFS, release: nothing };
  const ports: Port[] = [];
  const release = (sent: boolean): void => {
    for (const port of ports) port.release(sent);
  };
  try {
    for (const object of shared) ports.push((handleOf(object) as Port).again());
    return { bytes, refs: ports.map((port) => port.share()), release };
  } catch (error) {
    release(false);
    throw error;
  }
}

/** The value of a message that came. `attached` settles when this process holds the shared objects inside. */
export function unpack(message: Message): { readonly value: unknown; readonly attached: Promise<unknown> | undefined } {
  const { bytes, refs } = message.refs.length === 0 ? unseal(message.bytes) : message;
  if (refs.length === 0) return { value: decode(bytes), attached: undefined };
  const ports = attachAll(refs);
  const objects = refs.map(({ kind, readable, writable }, i) => revivers.get(kind)?.(new Adopted(ports[i] as never, readable, writable)));
  try {
    const value = decode(bytes, objects);
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

/** Sends a packed value on its way, and lets go of what is inside once it is settled. */
export function deliver(packed: Packed, send: (message: Message) => Promise<void>): Promise<void> {
  return packed.refs.length === 0 ? send(packed) : deliverHeld(packed, send);
}

async function deliverHeld(packed: Packed, send: (message: Message) => Promise<void>): Promise<void> {
  let sent = false;
  try {
    await send(packed);
    sent = true;
  } finally {
    packed.release(sent);
  }
}

/** As {@link deliver}, blocking. */
export function deliverSync(packed: Packed, send: (message: Message) => void): void {
  let sent = false;
  try {
    send(packed);
    sent = true;
  } finally {
    packed.release(sent);
  }
}

/**
 * Unpacks what was taken and settles it; a value that can't be decoded is consumed all the same. A promise if shared objects come
 * along that a hub keeps: who goes on with the item has it, and holds them.
 */
export function accept(incoming: Incoming): unknown {
  // What came through shared memory, blocking or not, was settled when it was taken.
  if (incoming.message.refs.length > 0) return acceptHeld(incoming);
  try {
    return unpack(incoming.message).value;
  } finally {
    incoming.settle();
  }
}

async function acceptHeld({ message, settle }: Incoming): Promise<unknown> {
  try {
    const { value, attached } = unpack(message);
    await attached;
    return value;
  } finally {
    settle();
  }
}
