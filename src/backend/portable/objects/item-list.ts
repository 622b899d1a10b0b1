import { ENOUGH_BYTES, joinMessages, MOST_MESSAGES, splitMessages } from "../../../codec/message-list.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { asKept, COPY_BELOW, keepForAWhile } from "../../../util/bytes.ts";
import { type KeptMessage, NO_REFS } from "../../contract/message.ts";
import type { StoredMessage } from "../hub/request.ts";
import type { Item } from "./delivery.ts";

/** Whether an item travels in a list. One with shared objects, or with many bytes, travels alone. */
export function isSmall({ message: { bytes, refs } }: Item): boolean {
  return refs.length === 0 && bytes.length < COPY_BELOW;
}

/** Items that are handed out together, as one message. */
export class ItemList {
  readonly items: Item[];
  #bytes: number;

  constructor(first: Item) {
    this.items = [first];
    this.#bytes = first.message.bytes.length;
  }

  get size(): number {
    return this.items.length;
  }

  get message(): KeptMessage {
    return { bytes: asKept(joinMessages(this.items.map(({ message }) => message.bytes))), refs: NO_REFS };
  }

  hasRoomFor(item: Item): boolean {
    return this.size < MOST_MESSAGES && this.#bytes < ENOUGH_BYTES && isSmall(item);
  }

  add(item: Item): void {
    this.items.push(item);
    this.#bytes += item.message.bytes.length;
  }
}

const nothing = (): void => {};

/** Returns the messages of a list that a client sent, and releases the list. Throws `CorruptedError` for what is no list. */
export function messagesIn(list: StoredMessage | undefined): [StoredMessage, ...StoredMessage[]] {
  if (list === undefined) throw new CorruptedError("A put of many came without its messages.");
  const { bytes, refs } = list;
  list.release();
  if (refs.length > 0) throw new CorruptedError("A list of messages came with shared objects.");
  // The whole list must not live as long as one of its messages.
  const messages = splitMessages(bytes).map((each) => ({
    bytes: keepForAWhile(each),
    refs: NO_REFS,
    objectsHeld: undefined,
    release: nothing,
  }));
  return messages as unknown as [StoredMessage, ...StoredMessage[]];
}
