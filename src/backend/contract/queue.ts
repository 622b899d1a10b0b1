import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { Incoming, Message } from "./message.ts";
import type { BlockingPort, WaitingPort } from "./port.ts";

export interface QueueSettings {
  /** The largest number of items; 0 means no limit. */
  readonly maxsize: number;
  /** Whether items of a consumer that died go back to the front of the queue. */
  readonly redeliver: boolean;
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

export interface QueuePort extends WaitingPort {
  /** Puts an item. False if there was no room in time. */
  put(message: Message, wait: Wait): Promise<boolean>;
  /** Takes an item. `undefined` if none came in time. */
  get(wait: Wait): Promise<Incoming | undefined>;
  /** Puts an item without a promise, if the backend can do that. False if it would have to wait; nothing was put then. */
  putNow?(message: Message): boolean;
  /** Takes an item without a promise, if the backend can do that. `undefined` if it would have to wait. */
  getNow?(): Incoming | undefined;
  /** Waits until a `get` would not have to wait. False if the time ran out first. */
  poll(wait: Wait): Promise<boolean>;
  stats(): Promise<QueueStats & { readonly maxsize: number }>;
  taskDone(): Promise<void>;
  /** Waits until each item is marked as done. False if the time ran out first. */
  join(wait: Wait): Promise<boolean>;
  shutdown(immediate: boolean): Promise<void>;
  /** Resolves when all puts of this port are complete. */
  sent(): Promise<void>;
  /** Lets the event loop, and so this process, end although puts are not complete. */
  letGo(): void;
  /** The blocking calls, if the backend has them. */
  readonly blocking?: BlockingQueue;
}

/** The calls of {@link QueuePort} that block this thread. */
export interface BlockingQueue extends BlockingPort {
  putSync(message: Message, wait: Wait): boolean;
  getSync(wait: Wait): Incoming | undefined;
  joinSync(wait: Wait): boolean;
}

export const QUEUE: Kind<QueuePort, QueueSettings> = { name: "queue", label: "queue" };
export const SIMPLE_QUEUE: Kind<QueuePort, QueueSettings> = { name: "simpleQueue", label: "queue" };
