import { currentPosition } from "../launch/position.ts";
import { checkWait, type WaitOptions } from "../util/wait-options.ts";
import { endsWithin } from "../util/within.ts";

/** The process that started this one. */
export class ParentProcess {
  readonly name: string;
  readonly pid: number;
  readonly #gone: Promise<void>;
  #alive = true;

  constructor(name: string, pid: number, gone: Promise<void>) {
    this.name = name;
    this.pid = pid;
    this.#gone = gone.then(() => {
      this.#alive = false;
    });
  }

  /** Whether it has not ended yet. */
  isAlive(): boolean {
    return this.#alive;
  }

  /**
   * Waits for the parent's end. `isAlive()` tells whether it came in time.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   */
  async join(options?: WaitOptions): Promise<void> {
    await endsWithin(this.#gone, checkWait(options));
  }
}

let parent: ParentProcess | null | undefined;

/**
 * The process that started this one; `null` in the main process.
 *
 * @example
 * ```ts
 * console.log(parentProcess()); // null
 * ```
 */
export function parentProcess(): ParentProcess | null {
  const { parentName, parentPid, parentGone } = currentPosition();
  if (parent === undefined)
    parent = parentPid === null || parentName === null ? null : new ParentProcess(parentName, parentPid, parentGone);
  return parent;
}
