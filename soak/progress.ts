import { setTimeout as delay } from "node:timers/promises";
import type { Event } from "../mod.ts";
import type { KillLoop } from "./kill-loop.ts";
import type { Oracle, Role } from "./oracle.ts";

// Times are in milliseconds.
const LOOK_EVERY = 50;
const MOST_IDLE = 2000;

interface Watch {
  readonly whose: string;
  /** The roles without which there can be no progress. */
  readonly needs: readonly Role[];
  idle: number;
  seen: number;
}

/** Fails when nothing happens for 2 s although all the workers that it takes are at work. */
export class Progress {
  /** The longest times without progress. */
  readonly longest: Record<string, number> = {};

  async watch(loops: readonly KillLoop[], oracle: Oracle, event: Event, isOver: () => boolean): Promise<void> {
    const written = (role: Role): number =>
      oracle.lines[role] * 1e9 + loops.reduce((sum, loop) => sum + (loop.role === role ? loop.written : 0), 0);
    const consumers: Watch = { whose: "consumer", needs: ["producer", "consumer"], idle: 0, seen: 0 };
    const holders: Watch = { whose: "holder", needs: ["holder"], idle: 0, seen: 0 };
    const waiters: Watch = { whose: "waiter", needs: ["setter", "waiter"], idle: 0, seen: 0 };
    // This process waits for the event too. It is never killed, so a lost wake-up shows here even if the other waiters are replaced in time.
    const living: Watch = { whose: "living waiter", needs: ["setter"], idle: 0, seen: 0 };
    let woken = 0;
    const waiting = (async () => {
      for (; !isOver(); await delay(1)) if (await event.wait({ timeout: 2 * MOST_IDLE })) woken++;
    })();
    let before = performance.now();
    while (!isOver()) {
      await delay(LOOK_EVERY);
      const now = performance.now();
      // After a longer pause of this process it is unknown how long the workers were paused too.
      const passed = Math.min(now - before, 4 * LOOK_EVERY);
      before = now;
      this.#look(consumers, written("consumer"), passed, loops);
      this.#look(holders, written("holder"), passed, loops);
      this.#look(waiters, written("waiter"), passed, loops);
      this.#look(living, woken, passed, loops);
    }
    await event.set();
    await waiting;
  }

  #look(watch: Watch, moved: number, passed: number, loops: readonly KillLoop[]): void {
    const { whose, needs } = watch;
    if (moved !== watch.seen) watch.idle = 0;
    else if (needs.every((role) => loops.some((loop) => loop.role === role && loop.isAtWork))) watch.idle += passed;
    watch.seen = moved;
    this.longest[whose] = Math.max(this.longest[whose] ?? 0, Math.round(watch.idle));
    if (watch.idle > MOST_IDLE)
      throw new Error(`No ${whose} made progress for ${MOST_IDLE} ms, although ${needs.join(" and ")} were at work.`);
  }
}
