import { BOUNDED_SEMAPHORE, SEMAPHORE, type SemaphorePort, type SemaphoreSettings } from "../backend/contract/semaphore.ts";
import { makeFor, type ObjectOptions } from "../objects/make.ts";
import { adopt, noSync, openPort } from "../objects/shared-object.ts";
import { describe } from "../util/describe.ts";
import { optionNames } from "../util/known-options.ts";
import { Acquirable } from "./acquirable.ts";

/** Options of a {@link Semaphore}. */
export interface SemaphoreOptions extends ObjectOptions {
  /** The number of permits at first: 0 to 2,147,483,647. Default 1. */
  readonly value?: number;
  /** Whether the semaphore gets back the permits of a process that dies. Default `false`, as in Python. */
  readonly robust?: boolean;
}

const MOST_PERMITS = 2 ** 31 - 1;
const SEMAPHORE_OPTIONS = optionNames<SemaphoreOptions>({ name: true, value: true, robust: true });

function checkOptions(options: SemaphoreOptions | number): SemaphoreSettings {
  if (typeof options !== "number" && (typeof options !== "object" || options === null))
    throw new TypeError(`A semaphore takes its value or { value?, robust? }, received ${describe(options)}.`);
  const { value = 1, robust = false } = typeof options === "number" ? { value: options } : options;
  if (typeof value !== "number") throw new TypeError(`value must be a number of permits, received ${describe(value)}.`);
  if (!Number.isInteger(value) || value < 0 || value > MOST_PERMITS)
    throw new RangeError(`value must be a whole number of permits from 0 to ${MOST_PERMITS}, received ${value}.`);
  if (typeof robust !== "boolean") throw new TypeError(`robust must be a boolean, received ${describe(robust)}.`);
  return { value, robust };
}

/**
 * A number of permits that processes take with `acquire` and give back with `release`.
 *
 * Each call rejects with {@link ClosedError} after `close()`, and on the portable backend with {@link OwnerDiedError} if the process that
 * made it is gone.
 *
 * @example
 * ```ts
 * const permits = new Semaphore(2);
 * await permits.acquire();
 * console.log(await permits.getValue()); // 1
 * await permits.release();
 * permits.close();
 * ```
 */
export class Semaphore extends Acquirable<SemaphorePort> {
  /**
   * Makes a semaphore.
   *
   * @param options the number of permits at first, or {@link SemaphoreOptions}; default 1
   * @throws {RangeError} if the number is not a whole number from 0 to 2,147,483,647
   * @throws {TypeError} for an option of a wrong type
   */
  constructor(options: SemaphoreOptions | number = 1) {
    super(SEMAPHORE.label, () => {
      const isBounded = new.target === BoundedSemaphore || new.target.prototype instanceof BoundedSemaphore;
      const kind = isBounded ? BOUNDED_SEMAPHORE : SEMAPHORE;
      const named = typeof options === "number" ? undefined : options;
      return makeFor(new.target, kind, checkOptions(options), named, SEMAPHORE_OPTIONS);
    });
  }

  /** @internal */
  static adopt(port: SemaphorePort): Semaphore {
    return adopt(port, () => new Semaphore());
  }

  /**
   * Gives one permit back. If this process has no permit, it gives back one of another process. If no process has one, this adds a new
   * permit.
   *
   * @throws {StateError} if a {@link BoundedSemaphore} has all its permits
   */
  override async release(): Promise<void> {
    await openPort(this, "release").post();
  }

  /** Like `release`, but blocks this thread. Throws `UnsupportedError` on the portable backend. */
  override releaseSync(): void {
    const { blocking = noSync("releaseSync", "release") } = openPort(this, "releaseSync");
    blocking.postSync();
  }

  /** Returns the number of permits that are free. */
  async getValue(): Promise<number> {
    return await openPort(this, "getValue").value();
  }
}

/**
 * A {@link Semaphore} that never has more permits than at first. One `release` too many is an error.
 *
 * Each call rejects with {@link ClosedError} after `close()`, and on the portable backend with {@link OwnerDiedError} if the process that
 * made it is gone.
 *
 * @example
 * ```ts
 * const permits = new BoundedSemaphore(1);
 * await permits.release().catch((error) => console.log(error.code)); // "ERR_POLYPROC_STATE"
 * permits.close();
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  /** @internal */
  static override adopt(port: SemaphorePort): BoundedSemaphore {
    return adopt(port, () => new BoundedSemaphore());
  }
}
