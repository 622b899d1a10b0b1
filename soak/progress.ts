import { setTimeout as delay } from "node:timers/promises";
import type { Event } from "../mod.ts";
import type { Oracle, Role } from "./oracle.ts";
import type { Place } from "./place.ts";

const LOOK_EVERY = 50;
const MOST_IDLE = 2000;

interface Watch {
  readonly whose: string;
  /** Those without whom there can be no progress. */
  readonly needs: readonly Role[];
  idle: number;
  seen: number;
}

/** Looks whether something moves in every 2 s in which somebody is at work who can move it. */
export class Progress {
  /** The longest times without progress, in ms. */
  readonly longest: Record<string, number> = {};

  async watch(places: readonly Place[], oracle: Oracle, event: Event, over: () => boolean): Promise<void> {
    const written = (role: Role): number =>
      oracle.lines[role] * 1e9 + places.reduce((sum, place) => sum + (place.role === role ? place.written : 0), 0);
    const consumers: Watch = { whose: "consumer", needs: ["producer", "consumer"], idle: 0, seen: 0 };
    const holders: Watch = { whose: "holder", needs: ["holder"], idle: 0, seen: 0 };
    const waiters: Watch = { whose: "waiter", needs: ["setter", "waiter"], idle: 0, seen: 0 };
    // One waiter that nobody kills, so that no other hides that it was forgotten.
    const living: Watch = { whose: "living waiter", needs: ["setter"], idle: 0, seen: 0 };
    let woken = 0;
    const waiting = (async () => {
      for (; !over(); await delay(1)) if (await event.wait({ timeout: 2 * MOST_IDLE })) woken++;
    })();
    let before = performance.now();
    while (!over()) {
      await delay(LOOK_EVERY);
      const now = performance.now();
      // Of a longer pause of this process nobody knows who else was paused.
      const passed = Math.min(now - before, 4 * LOOK_EVERY);
      before = now;
      this.#look(consumers, written("consumer"), passed, places);
      this.#look(holders, written("holder"), passed, places);
      this.#look(waiters, written("waiter"), passed, places);
      this.#look(living, woken, passed, places);
    }
    await event.set();
    await waiting;
  }

  #look(watch: Watch, moved: number, passed: number, places: readonly Place[]): void {
    const { whose, needs } = watch;
    if (moved !== watch.seen) watch.idle = 0;
    else if (needs.every((role) => places.some((place) => place.role === role && place.isAtWork))) watch.idle += passed;
    watch.seen = moved;
    this.longest[whose] = Math.max(this.longest[whose] ?? 0, Math.round(watch.idle));
    if (watch.idle > MOST_IDLE) throw new Error(`No ${whose} got on for ${MOST_IDLE} ms, and ${needs.join(" and ")} were at work.`);
  }
}
