import { noneLeft } from "../errors/messages.ts";
import { type Life, lifeOf } from "../launch/life.ts";
import { describe } from "../util/describe.ts";
import { optionNames } from "../util/known-options.ts";
import type { BlockOptions, WaitOptions } from "../util/wait-options.ts";
import { endsWithin } from "../util/within.ts";
import type { Process } from "./process.ts";

/** {@link WaitOptions} of a wait for items. */
export interface FromOptions extends WaitOptions {
  /**
   * The processes that may still put: children of this process. One that is not started yet counts as alive, and one whose start failed as
   * failed. When all of them have ended and no item is left, the wait ends: with `ProcessDiedError` if one of them failed, which is an exit
   * code other than 0 or a signal, and otherwise with `ShutDown`. Default: the wait does not look at processes.
   */
  readonly from?: Iterable<Process<never, unknown>> | undefined;
}

/** {@link FromOptions} of a call that has Python's `block` as well. */
export interface GetOptions extends FromOptions, BlockOptions {}

/** The names of the options of a wait for items. */
export const FROM_OPTIONS: readonly string[] = optionNames<GetOptions>({ timeout: true, signal: true, block: true, from: true });

/** The processes that a wait for items looks at. */
export class Producers {
  readonly #lives: readonly Life[];

  constructor(lives: readonly Life[]) {
    this.#lives = lives;
  }

  /** Whether none of them will put anything any more. */
  get areOver(): boolean {
    return this.#lives.every((life) => life.isOver);
  }

  /** Like `areOver`, also while this thread blocks. `name` is the blocking call, and `twin` the one that does not block. */
  areOverSync(name: string, twin: string): boolean {
    // Every one is asked, so that an object without blocking calls is refused at the first look.
    return this.#lives.filter((life) => !life.isOverSync(name, twin)).length === 0;
  }

  /** Resolves when none of them will put anything any more. Rejects with the signal's reason. */
  async over(signal: AbortSignal): Promise<void> {
    for (const life of this.#lives) {
      try {
        await endsWithin(life.over, { timeout: Number.POSITIVE_INFINITY, signal });
      } catch (error) {
        // A start that failed is an end, too.
        if (!life.isOver) throw error;
      }
    }
  }

  /** Returns the error of a wait for items of which none will come. */
  verdict(): Error {
    for (const life of this.#lives) {
      const loss = life.loss();
      if (loss !== undefined) return loss;
    }
    return noneLeft();
  }
}

/** Checks the option `from`. Throws `TypeError` for anything but a list of processes. */
export function checkFrom(from: FromOptions["from"]): Producers | undefined {
  if (from === undefined) return undefined;
  const lives = listOf(from).map((process: unknown, i) => {
    const life = typeof process === "object" && process !== null ? lifeOf(process) : undefined;
    if (life === undefined) throw new TypeError(`from must be a list of processes; number ${i} is ${describe(process)}.`);
    return life;
  });
  return new Producers(lives);
}

/** Reads the list of an option `from`. Throws `TypeError` for what is no list. */
export function listOf(from: NonNullable<FromOptions["from"]>): readonly Process<never, unknown>[] {
  if (typeof from === "object" && from !== null && Symbol.iterator in from) return [...from];
  throw new TypeError(`from must be a list of processes, received ${describe(from)}: write { from: [process] }.`);
}
