import type { Wait } from "../../../util/wait-options.ts";
import type { BlockingEvent, EventPort } from "../../contract/event.ts";
import { check } from "../library/result.ts";
import { NativeSyncPort } from "./sync-port.ts";

export class NativeEvent extends NativeSyncPort implements EventPort, BlockingEvent {
  get blocking(): BlockingEvent {
    return this;
  }

  async set(): Promise<void> {
    this.setSync();
  }

  setSync(): void {
    check(this.shim.pp_event_set(this.index), "The event can't be set");
  }

  async clear(): Promise<void> {
    check(this.shim.pp_event_clear(this.index), "The event can't be cleared");
  }

  async isSet(): Promise<boolean> {
    return this.pollSync();
  }

  pollSync(): boolean {
    return (this.#look() & 1) === 1;
  }

  async wait(wait: Wait): Promise<boolean> {
    return (await this.until(wait, this.#watch())) === true;
  }

  waitSync(wait: Wait): boolean {
    return this.untilSync(wait, this.#watch()) === true;
  }

  // The lowest bit of the result says whether the event is set. The other bits count how often it was set.
  #look(): number {
    return check(this.shim.pp_event_look(this.index), "The event can't be looked at");
  }

  // If the event was set and cleared between two looks, the count has changed.
  #watch(): () => true | undefined {
    const before = this.#look() >> 1;
    return () => {
      const now = this.#look();
      return (now & 1) === 1 || now >> 1 !== before ? true : undefined;
    };
  }
}
