import { watchWait } from "./deadline.ts";
import { freeEventLoop, keepEventLoop } from "./event-loop.ts";
import type { Wait } from "./wait-options.ts";

interface Pending<A> {
  readonly owner: object;
  accept(arrival: A): void;
  reject(error: unknown): void;
}

/** Calls whose replies are to come, by their numbers. Each keeps the event loop alive. */
export class PendingCalls<A> {
  readonly #calls = new Map<number, Pending<A>>();
  #last = 0;

  get size(): number {
    return this.#calls.size;
  }

  /**
   * Adds a call. `result` is what `accept` returns for the reply, or `undefined` if the time ran out.
   *
   * @param owner rejects the call by {@link withdraw}
   */
  add<T>(owner: object, wait: Wait, accept: (arrival: A) => T): { readonly id: number; readonly result: Promise<T | undefined> } {
    const id = this.#nextNumber();
    keepEventLoop();
    const result = new Promise<T | undefined>((resolve, reject) => {
      const end = (): void => {
        this.#calls.delete(id);
        unwatch();
        freeEventLoop();
      };
      const fail = (error: unknown): void => {
        end();
        reject(error);
      };
      const unwatch = watchWait(
        wait,
        () => {
          end();
          resolve(undefined);
        },
        fail,
      );
      this.#calls.set(id, {
        owner,
        accept: (arrival) => {
          end();
          try {
            resolve(accept(arrival));
          } catch (error) {
            reject(error);
          }
        },
        reject: fail,
      });
    });
    return { id, result };
  }

  /** Hands the reply to its call. Returns whether there is such a call. */
  settle(id: number, arrival: A): boolean {
    const call = this.#calls.get(id);
    call?.accept(arrival);
    return call !== undefined;
  }

  /** Rejects one call. */
  reject(id: number, error: unknown): void {
    this.#calls.get(id)?.reject(error);
  }

  /** Rejects the calls of an owner. */
  withdraw(owner: object, reason: () => Error): void {
    for (const call of [...this.#calls.values()]) if (call.owner === owner) call.reject(reason());
  }

  /** Rejects all calls. */
  fail(reason: () => unknown): void {
    for (const call of [...this.#calls.values()]) call.reject(reason());
  }

  // 0 is no number of a call. After the last of 32 bits they begin again, and those in use are skipped.
  #nextNumber(): number {
    do this.#last = this.#last === 0xffffffff ? 1 : this.#last + 1;
    while (this.#calls.has(this.#last));
    return this.#last;
  }
}
