import type { KeptBytes } from "../../util/bytes.ts";
import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { Incoming, Message } from "./message.ts";
import type { BlockingPort, WaitingPort } from "./port.ts";

export interface QueueSettings {
  /** The largest number of items; 0 means no limit. */
  readonly maxsize: number;
  /** Whether items of a consumer that died go back to the front of the queue. */
  readonly redeliver: boolean;
  /** Whether a part of this library has made it, which handles the loss of items by itself. Then no event tells of that. */
  readonly isInternal?: boolean;
}

/** The state of a queue, and its counts since it was made. */
export interface QueueStats {
  /** The number of items in the queue. */
  readonly size: number;
  /** The number of items that were put. */
  readonly puts: number;
  /** The number of items that were taken. */
  readonly gets: number;
  /** The number of items that were lost, because their consumers died before `get` settled. */
  readonly lost: number;
  /** The number of items that went back to the queue, because their consumers died before they marked them as done. */
  readonly redelivered: number;
  /** The number of processes that have the queue open. */
  readonly participants: number;
}

/** @ignore */
export interface QueuePort extends WaitingPort {
  /** Puts an item. False if there was no room in time. */
  put(message: Message, wait: Wait): Promise<boolean>;
  /** Takes an item. `undefined` if none came in time. */
  get(wait: Wait): Promise<Incoming | undefined>;
  /**
   * Like `get`, but the bytes may be lent until the next item is taken, also large ones. It is for a queue of which this process has one
   * taker only. Without it, `get` does.
   */
  getLent?(wait: Wait): Promise<Incoming | undefined>;
  /** Puts an item without a promise, if the backend can do that. False if it would have to wait; nothing was put then. */
  putNow?(message: Message): boolean;
  /**
   * Takes an item without a promise, if the backend can do that. `undefined` if it would have to wait. With `spins`, it may look again for a
   * moment, which costs less than a wait: for callers who wait next.
   */
  getNow?(spins?: boolean): Incoming | undefined;
  /** Waits until a `get` would not have to wait. False if the time ran out first. */
  poll(wait: Wait): Promise<boolean>;
  /**
   * Whether no item is in the queue, nor on its way from there to this process. The process that hosts the queue tells, and this waits until
   * it does.
   */
  isDrained(): Promise<boolean>;
  stats(): Promise<QueueStats & { readonly maxsize: number }>;
  taskDone(): Promise<void>;
  /** Waits until each item is marked as done. False if the time ran out first. */
  join(wait: Wait): Promise<boolean>;
  shutdown(immediate: boolean): Promise<void>;
  /** Resolves when all puts of this port are complete. */
  sent(): Promise<void>;
  /** Lets the event loop, and so this process, end although puts are not complete. */
  letGo(): void;
  /** Takes an item that is marked as done, or given back, by itself, if the backend can do that. `undefined` if none came in time. */
  getTask?(wait: Wait): Promise<TakenTask | undefined>;
  /** The calls for many items at once, if the backend has them: one that asks another process for each call. */
  readonly many?: ManyItems;
  /** The calls for lists of items, if the backend puts and takes without asking another process. */
  readonly lists?: ItemLists;
  /** The blocking calls, if the backend has them. */
  readonly blocking?: BlockingQueue;
}

/** An item that belongs to this process until it is done. */
export interface TakenTask {
  readonly incoming: Incoming;
  /** 1 when it was taken for the first time. Only a cluster counts that. */
  readonly attempt?: number;
  /** Marks it as done. Throws `StateError` if it was marked or given back before. */
  done(): Promise<void>;
  /** Gives it back to the front of the queue, for any consumer. Throws as `done` does. */
  giveBack(): Promise<void>;
  /** Gives it back after `delay` milliseconds. Only a cluster can do that. */
  fail?(delay: number): void;
}

/** Many items that were taken at once. */
export interface IncomingList {
  /** Their messages, which are lent: valid until the next item is taken. None of them has shared objects inside. */
  readonly list: Uint8Array;
  /** Where each message begins and ends in these bytes, one pair of indexes behind the other. */
  readonly bounds: readonly number[];
  /** Whether the queue may have more items than one call takes. */
  readonly isCut: boolean;
  /** Tells the owner that so many of them have arrived. The others go back. */
  settle(count: number): void;
}

/** The calls of {@link QueuePort} that carry many items. */
export interface ManyItems {
  /** Whether the queue has a limit. */
  readonly isBounded: boolean;
  /**
   * Puts the first of these messages once there is room, and those after it for which there is room then. They have no shared objects inside.
   * `undefined` if there was no room in time.
   */
  putMany(messages: readonly KeptBytes[], wait: Wait): Promise<Stored | undefined>;
  /** Takes the items that are there: `most` at most. `undefined` if none came in time. An item that does not fit into a list comes alone. */
  getMany(most: number, wait: Wait): Promise<Incoming | IncomingList | undefined>;
}

/** What became of messages that were put together. */
export interface Stored {
  /** How many of them are in the queue. */
  readonly count: number;
  /** How many more have room now. */
  readonly room: number;
}

/**
 * The calls of {@link QueuePort} that put or take many items without asking another process. A list has the bytes of its items as
 * codec/message-list.ts lays them out. None of them has shared objects inside.
 */
export interface ItemLists {
  /** Puts the first items of a list, as many as there is room for. `undefined` if it would have to wait; nothing was put then. */
  putListNow(list: Uint8Array): Stored | undefined;
  /** Like `putListNow`, but waits for room. The list may get longer meanwhile. `undefined` if there was no room in time. */
  putList(list: { readonly bytes: Uint8Array }, wait: Wait): Promise<Stored | undefined>;
  /** Takes the items that are there: `most` at most. `undefined` if there is none. An item that does not fit into a list comes alone. */
  takeListNow(most: number): Incoming | IncomingList | undefined;
  /** Like `takeListNow`, but waits for an item. `undefined` if none came in time. */
  takeList(most: number, wait: Wait): Promise<Incoming | IncomingList | undefined>;
}

/** The calls of {@link QueuePort} that block this thread. */
export interface BlockingQueue extends BlockingPort {
  putSync(message: Message, wait: Wait): boolean;
  getSync(wait: Wait): Incoming | undefined;
  joinSync(wait: Wait): boolean;
  isDrainedSync(): boolean;
}

export const QUEUE: Kind<QueuePort, QueueSettings> = { name: "queue", label: "queue" };
export const SIMPLE_QUEUE: Kind<QueuePort, QueueSettings> = { name: "simpleQueue", label: "queue" };
