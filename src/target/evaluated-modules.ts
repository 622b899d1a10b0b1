import { setTimeout as sleep } from "node:timers/promises";
import { runtime } from "../runtime/current.ts";

/** Stands for the exports of a module that is still inside its own top level. */
export const PENDING: unique symbol = Symbol("pending");

// The import of an evaluated module settles within one or two turns of the event loop; one still evaluating must not be waited for.
const TURNS = 8;
const TURNS_WHEN_LATE = 2;
const SETTLES_WITHIN = 8;
const LATE_AFTER = 400;

/** Imports modules of this program without ever waiting for one that is still evaluating. */
export class Evaluated {
  #waited = 0;

  /** In the order of `urls`: a module's exports, `PENDING`, or `undefined` if its evaluation failed. */
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
    const start = performance.now();
    const turns = this.#waited > LATE_AFTER ? TURNS_WHEN_LATE : TURNS;
    const least = this.#waited > LATE_AFTER ? 0 : SETTLES_WITHIN;
    for (let turn = 0; !done() && (turn < turns || performance.now() - start < least); turn++) {
      // As slow as the machine is now, an import of an evaluated module is no slower than this one.
      await import(import.meta.url);
      await sleep(0);
    }
    this.#waited += performance.now() - start;
  }
}
