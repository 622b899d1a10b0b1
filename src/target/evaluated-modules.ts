import { runtime } from "../runtime/current.ts";
import { now, sleep } from "../util/clock.ts";

/** Stands for the exports of a module that is still being evaluated, and of one whose state the runtime does not tell. */
export const PENDING: unique symbol = Symbol("pending");
/** Stands for the exports of a module that the program has not loaded. */
export const NOT_LOADED: unique symbol = Symbol("not loaded");

export type Exports = object | typeof PENDING | typeof NOT_LOADED | undefined;

// An import of a module that was evaluated settles within one or two turns of the event loop. An import of a module that is still being
// evaluated may never settle, because that module may itself wait for this search. So an import that takes longer than this number of turns
// and of milliseconds counts as pending.
const TURNS = 8;
const MILLISECONDS = 8;
// A program may have many pending modules. After this number of milliseconds of waiting in total, the rest get less time.
const HURRY_AFTER = 400;
const TURNS_IN_A_HURRY = 2;

/** Imports modules that this program has loaded already. It evaluates no others, and never waits for one that is still being evaluated. */
export class EvaluatedModules {
  #waited = 0;

  /** Returns each module's exports, in the order of `urls`. `undefined` stands for a module whose evaluation failed. */
  async exports(urls: readonly string[]): Promise<Exports[]> {
    const results: Exports[] = urls.map(() => PENDING);
    if (urls.length === 0) return results;
    let open = 0;
    for (const [index, loaded] of (await runtime.importLoaded(urls)).entries()) {
      if (loaded === undefined) continue;
      open++;
      const settle = (result: Exports): void => {
        results[index] = result;
        open--;
      };
      loaded.then(
        (exports) => settle(exports ?? NOT_LOADED),
        () => settle(undefined),
      );
    }
    await this.#wait(() => open);
    return results;
  }

  async #wait(open: () => number): Promise<void> {
    const start = now();
    const hurry = this.#waited > HURRY_AFTER;
    const turns = hurry ? TURNS_IN_A_HURRY : TURNS;
    const least = hurry ? 0 : MILLISECONDS;
    // Many imports settle one after another. The turns are counted from the last one.
    for (let turn = 0, left = open(); open() > 0 && (turn < turns || now() - start < least); turn++) {
      if (open() < left) turn = 0;
      left = open();
      // This import settles in any case, so it measures the machine's speed: on a slow machine, the other imports get more time. It must not
      // be one of this module, because in a bundle this module is the one that waits.
      await import("node:module");
      await sleep(0);
    }
    this.#waited += now() - start;
  }
}
