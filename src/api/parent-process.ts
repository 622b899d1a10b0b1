import { currentPosition } from "../launch/position.ts";
import { checkWait, type WaitOptions } from "../util/wait-options.ts";
import { endsWithin } from "../util/within.ts";

/**
 * The process that started this one. {@link parentProcess} returns it.
 *
 * @example
 * ```ts
 * const parent: ParentProcess | null = parentProcess();
 * console.log(parent === null ? "this is the main process" : `${parent.name} has pid ${parent.pid}`); // "this is the main process"
 * ```
 */
export class ParentProcess {
  /** The parent's name when it started this process. */
  readonly name: string;
  /** The parent's process id. */
  readonly pid: number;
  readonly #gone: Promise<void>;
  #alive = true;

  /** @ignore Called by `parentProcess()`. */
  constructor(name: string, pid: number, gone: Promise<void>) {
    this.name = name;
    this.pid = pid;
    this.#gone = gone.then(() => {
      this.#alive = false;
    });
  }

  /** Returns whether the parent has not ended yet. */
  isAlive(): boolean {
    return this.#alive;
  }

  /**
   * Waits until the parent has ended or the time has run out. Call `isAlive()` afterwards to tell which. Only a detached child can see its
   * parent's end: every other child ends with its parent.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {TypeError} for options of a wrong type, and the signal's reason if it is aborted
   */
  async join(options?: WaitOptions): Promise<void> {
    await endsWithin(this.#gone, checkWait(options));
  }
}

let parent: ParentProcess | null | undefined;

/**
 * Returns the process that started this one, or `null` in the main process.
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
