import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { Incoming, Message } from "./message.ts";
import type { BlockingPort, WaitingPort } from "./port.ts";

export interface QueueSettings {
  /** 0 for no bound. */
  readonly maxsize: number;
  /** Whether items of a consumer that died go back to the front of the queue. */
  readonly redeliver: boolean;
}

/** Counts since a queue was made. */
export interface QueueStats {
  readonly size: number;
  readonly puts: number;
  readonly gets: number;
  /** Items in the hands of consumers that died before their `get` settled. */
  readonly lost: number;
  readonly redelivered: number;
  /** How many processes have the queue open. */
  readonly participants: number;
}

export interface QueuePort extends WaitingPort {
  /** Puts an item. False if there was no room in time. */
  put(message: Message, wait: Wait): Promise<boolean>;
  /** Takes an item. `undefined` if none came in time. */
  get(wait: Wait): Promise<Incoming | undefined>;
  /** `put`, where the backend can do it at once: false if it would have to wait, and nothing was put. */
  putNow?(message: Message): boolean;
  /** `get`, where the backend can do it at once: `undefined` if it would have to wait. */
  getNow?(): Incoming | undefined;
  /** Waits until a `get` would not wait. False if that was not so in time. */
  poll(wait: Wait): Promise<boolean>;
  stats(): Promise<QueueStats & { readonly maxsize: number }>;
  taskDone(): Promise<void>;
  /** Waits until each item was marked done. False if that was not so in time. */
  join(wait: Wait): Promise<boolean>;
  shutdown(immediate: boolean): Promise<void>;
  /** Resolves when what was put by this port is out. */
  sent(): Promise<void>;
  /** Lets the event loop, and this process, end although puts are unfinished. */
  letGo(): void;
  /** The blocking calls, where the backend has them. */
  readonly blocking?: BlockingQueue;
}

/** As the calls of {@link QueuePort}, blocking this thread. */
export interface BlockingQueue extends BlockingPort {
  putSync(message: Message, wait: Wait): boolean;
  getSync(wait: Wait): Incoming | undefined;
  joinSync(wait: Wait): boolean;
}

export const QUEUE: Kind<QueuePort, QueueSettings> = { name: "queue", label: "queue" };
export const SIMPLE_QUEUE: Kind<QueuePort, QueueSettings> = { name: "simpleQueue", label: "queue" };
