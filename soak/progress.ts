import { setTimeout as delay } from "node:timers/promises";
import type { Oracle, Role } from "./oracle.ts";
import type { Place } from "./place.ts";

const LOOK_EVERY = 50;
const MOST_IDLE = 2000;

interface Watch {
  /** Those whose progress it is. */
  readonly role: Role;
  /** Those without whom there can be none. */
  readonly needs: readonly Role[];
  idle: number;
  seen: number;
}

/** Looks whether something moves in every 2 s in which somebody is at work who can move it. */
export class Progress {
  readonly #watches: Watch[] = [
    { role: "consumer", needs: ["producer", "consumer"], idle: 0, seen: 0 },
    { role: "holder", needs: ["holder"], idle: 0, seen: 0 },
    { role: "waiter", needs: ["setter", "waiter"], idle: 0, seen: 0 },
  ];
  readonly #longest: Partial<Record<Role, number>> = {};

  /** The longest times without progress, in ms. */
  get longest(): Readonly<Partial<Record<Role, number>>> {
    return this.#longest;
  }

  async watch(places: readonly Place[], oracle: Oracle, over: () => boolean): Promise<void> {
    let before = performance.now();
    while (!over()) {
      await delay(LOOK_EVERY);
      const now = performance.now();
      // Of a longer pause of this process nobody knows who else was paused.
      for (const watch of this.#watches) this.#look(watch, Math.min(now - before, 4 * LOOK_EVERY), places, oracle);
      before = now;
    }
    for (const watch of this.#watches) watch.idle = 0;
  }

  #look(watch: Watch, passed: number, places: readonly Place[], oracle: Oracle): void {
    const own = places.filter(({ role }) => role === watch.role);
    const bytes = own.reduce((sum, place) => sum + place.written, 0);
    const moved = bytes + oracle.lines[watch.role] * 1e9;
    if (moved !== watch.seen) watch.idle = 0;
    else if (watch.needs.every((role) => places.some((place) => place.role === role && place.isAtWork))) watch.idle += passed;
    watch.seen = moved;
    this.#longest[watch.role] = Math.max(this.#longest[watch.role] ?? 0, Math.round(watch.idle));
    if (watch.idle > MOST_IDLE)
      throw new Error(`No ${watch.role} got on for ${MOST_IDLE} ms, and ${watch.needs.join(" and ")} were at work.`);
  }
}
