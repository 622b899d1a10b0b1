import { Full, TimeoutError } from "../errors/errors.ts";
import { watchWait } from "../util/deadline.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import { LinkedList } from "../util/linked-list.ts";
import type { CheckedTaskOptions } from "./task-options.ts";

interface Waiting {
  enter(): void;
  fail(error: unknown): void;
}

/** The calls that wait for room in a pool with a limited number of tasks, in their order. */
export class Room {
  readonly #waiting = new LinkedList<Waiting>();
  readonly #hasRoom: () => boolean;

  constructor(hasRoom: () => boolean) {
    this.#hasRoom = hasRoom;
  }

  /** Waits for room, within a call's limits. `undefined` if there is room now. Throws `Full` if the call may not wait. */
  wait({ block, wait }: CheckedTaskOptions): Promise<void> | undefined {
    if (this.#waiting.size === 0 && this.#hasRoom()) return undefined;
    if (!block) throw new Full("The pool has no room for the task now: wait for room by leaving out block: false, or try again later.");
    return new Promise((resolve, reject) => {
      const letGo = holdEventLoop();
      const end = (): void => {
        remove();
        unwatch();
        letGo();
      };
      const fail = (error: unknown): void => {
        end();
        reject(error);
      };
      const enter = (): void => {
        end();
        resolve();
      };
      const remove = this.#waiting.add({ enter, fail });
      const late = (): void => fail(new TimeoutError(`The pool had no room for the task within ${wait.timeout} ms.`));
      const unwatch = watchWait(wait, late, fail);
    });
  }

  /** Lets in the first call, if there is room. */
  enter(): void {
    for (const waiting of this.#waiting) {
      if (this.#hasRoom()) waiting.enter();
      return;
    }
  }

  /** Rejects all calls that wait. */
  fail(error: () => Error): void {
    for (const { fail } of [...this.#waiting]) fail(error());
  }
}
