import type { Incoming, Message, Port, PortKind } from "./backend/backend.ts";
import { currentBackend } from "./backend/select.ts";
import { decode } from "./wire/decode.ts";
import { encode } from "./wire/encode.ts";
import { handleOf } from "./wire/shared.ts";

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
  /** Lets go of the shared objects inside; call it once somebody else holds them. */
  release(): void;
}

/** A value as it is now, ready to leave. Throws `SerializationError` with the path to what can't travel. */
export function pack(value: unknown, root: string): Packed {
  const { bytes, shared } = encode(value, root);
  if (shared.length === 0) return { bytes, refs: [], release: () => {} };
  const ports = shared.map((object) => (handleOf(object) as Port).again());
  return {
    bytes,
    refs: ports.map((port) => port.share()),
    release: () => {
      for (const port of ports) port.release();
    },
  };
}

/** The value of a message that came. `attached` settles when this process holds the shared objects inside. */
export function unpack({ bytes, refs }: Message): { readonly value: unknown; readonly attached: Promise<unknown> | undefined } {
  if (refs.length === 0) return { value: decode(bytes), attached: undefined };
  const ports = refs.map((ref) => currentBackend().attach(ref));
  const objects = refs.map(({ kind, readable, writable }, i) => revivers.get(kind)?.(new Adopted(ports[i] as never, readable, writable)));
  try {
    const value = decode(bytes, objects);
    return { value, attached: Promise.allSettled(ports.map((port) => port.attached)) };
  } catch (error) {
    for (const port of ports) port.release();
    throw error;
  }
}

/** Sends a packed value on its way, and lets go of what is inside once it is settled. */
export async function deliver(packed: Packed, send: (message: Message) => Promise<void>): Promise<void> {
  try {
    await send(packed);
  } finally {
    packed.release();
  }
}

/** Unpacks what was taken and settles it; a value that can't be decoded is consumed all the same. */
export function accept(incoming: Incoming): unknown {
  let attached: Promise<unknown> | undefined;
  try {
    const unpacked = unpack(incoming.message);
    attached = unpacked.attached;
    return unpacked.value;
  } finally {
    if (attached === undefined) incoming.settle();
    else void attached.then(() => incoming.settle());
  }
}
