import { CorruptedError, SerializationError } from "../../../errors/errors.ts";
import { keepForAWhile } from "../../../util/bytes.ts";
import type { Message } from "../../contract/message.ts";
import type { Port } from "../../contract/port.ts";
import type { Ref } from "../../contract/ref.ts";
import { NAME } from "../location.ts";
import type { StoredMessage } from "./request.ts";

const nothing = (): void => {};

/**
 * Takes over a message for a hub to store. This process keeps ports to the message's shared objects until the message is released. Objects
 * of other backends are kept by those backends.
 */
export function storeMessage({ bytes, refs }: Message, attach: (ref: Ref) => Port): StoredMessage {
  const kept = keepForAWhile(bytes);
  const ours = refs.length === 0 ? refs : refs.filter(({ backend }) => backend === NAME);
  if (ours.length === 0) return { bytes: kept, refs, objectsHeld: undefined, release: nothing };
  const ports: Port[] = [];
  const release = (): void => {
    for (const port of ports) port.release();
  };
  try {
    for (const ref of ours) ports.push(attach(ref));
  } catch (error) {
    release();
    // It breaks the protocol: the sender is cut off.
    throw error instanceof SerializationError ? new CorruptedError(error.message, { cause: error }) : error;
  }
  return { bytes: kept, refs, objectsHeld: Promise.allSettled(ports.map((port) => port.attached)), release };
}
