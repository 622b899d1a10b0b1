import { runtime } from "../runtime/current.ts";
import { now, sleep } from "../util/clock.ts";

/** Stands for the exports of a module that is still being evaluated. */
export const PENDING: unique symbol = Symbol("pending");

// An import of a module that was evaluated settles within one or two turns of the event loop. An import of a module that is still being
// evaluated may never settle, because that module may itself wait for this search. So an import that takes longer than this number of turns
// and of milliseconds counts as pending.
const TURNS = 8;
const MILLISECONDS = 8;
// A program may have many pending modules. After this number of milliseconds of waiting in total, the rest get less time.
const HURRY_AFTER = 400;
const TURNS_IN_A_HURRY = 2;

/** Imports modules that this program has loaded already. It never waits for a module that is still being evaluated. */
export class EvaluatedModules {
  #waited = 0;

  /** Returns, in the order of `urls`, each module's exports, `PENDING`, or `undefined` if the module's evaluation failed. */
  async namespaces(urls: readonly string[]): Promise<(object | undefined | typeof PENDING)[]> {
    const results: (object | undefined | typeof PENDING)[] = urls.map(() => PENDING);
    let open = 0;
    for (const [index, url] of urls.entries()) {
      if (!runtime.mayBeEvaluated(url)) continue;
      open++;
      const settle = (result: object | undefined): void => {
        results[index] = result;
        open--;
      };
      import(url).then(settle, () => settle(undefined));
    }
    await this.#wait(() => open === 0);
    return results;
  }

  async #wait(done: () => boolean): Promise<void> {
    const start = now();
    const hurry = this.#waited > HURRY_AFTER;
    const turns = hurry ? TURNS_IN_A_HURRY : TURNS;
    const least = hurry ? 0 : MILLISECONDS;
    for (let turn = 0; !done() && (turn < turns || now() - start < least); turn++) {
      // This module was certainly evaluated, so its import measures the machine's speed: on a slow machine, the other imports get more
      // time.
      await import(import.meta.url);
      await sleep(0);
    }
    this.#waited += now() - start;
  }
}
