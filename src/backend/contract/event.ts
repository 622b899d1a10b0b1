import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { BlockingPort, WaitingPort } from "./port.ts";

/** @ignore */
export interface EventPort extends WaitingPort {
  set(): Promise<void>;
  clear(): Promise<void>;
  isSet(): Promise<boolean>;
  /** Waits until the event is set, also if it is cleared again at once. False if it was not set in time. */
  wait(wait: Wait): Promise<boolean>;
  /** The blocking calls, if the backend has them. `pollSync` returns whether the event is set. */
  readonly blocking?: BlockingEvent;
}

/** The calls of {@link EventPort} that block this thread. */
export interface BlockingEvent extends BlockingPort {
  setSync(): void;
  waitSync(wait: Wait): boolean;
}

export const EVENT: Kind<EventPort> = { name: "event", label: "event" };
