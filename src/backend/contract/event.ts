import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { BlockingPort, WaitingPort } from "./port.ts";

export interface EventPort extends WaitingPort {
  set(): Promise<void>;
  clear(): Promise<void>;
  isSet(): Promise<boolean>;
  /** Waits until it is set, if only for a moment. False if it was not in time. */
  wait(wait: Wait): Promise<boolean>;
  /** The blocking calls, where the backend has them. `pollSync` says whether it is set. */
  readonly blocking?: BlockingEvent;
}

/** As the calls of {@link EventPort}, blocking this thread. */
export interface BlockingEvent extends BlockingPort {
  setSync(): void;
  waitSync(wait: Wait): boolean;
}

export const EVENT: Kind<EventPort> = { name: "event", label: "event" };
