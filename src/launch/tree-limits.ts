import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { os } from "../util/lazy-modules.ts";

/** The limits of a tree of processes. They end a program whose children start themselves again and again. */
export interface TreeLimits {
  /** The largest number of levels below the main process. Default 8. */
  readonly depth?: number | undefined;
  /**
   * The largest number of living processes that were started, in children, by code that is not known to be called by a target. Default: 4
   * times `cpuCount()`.
   */
  readonly processes?: number | undefined;
}

const NAMES = optionNames<TreeLimits>({ depth: true, processes: true });

const DEPTH = 8;
const PROCESSES_PER_CPU = 4;

let limits: TreeLimits = {};

/**
 * Sets the limits of the tree for the processes that this process starts from now on, and for their children. A limit that is not given
 * stays as it is.
 *
 * @param changes `depth` and `processes`: whole numbers, or `Infinity`
 * @throws {TypeError} for a wrong type or an unknown limit
 * @throws {RangeError} for a number that is negative or not whole
 *
 * @example
 * ```ts
 * setTreeLimits({ depth: 12, processes: 200 });
 * ```
 */
export function setTreeLimits(changes: TreeLimits): void {
  if (typeof changes !== "object" || changes === null)
    throw new TypeError(`setTreeLimits takes { depth?, processes? }, received ${describe(changes)}.`);
  refuseUnknown(changes, NAMES, "setTreeLimits");
  for (const name of NAMES) {
    const value: unknown = changes[name as keyof TreeLimits];
    if (value === undefined) continue;
    if (typeof value !== "number") throw new TypeError(`${name} must be a number, received ${describe(value)}.`);
    if (!(value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)))
      throw new RangeError(`${name} must be a whole number of at least 0, or Infinity, received ${value}.`);
  }
  limits = { depth: changes.depth ?? limits.depth, processes: changes.processes ?? limits.processes };
}

/** Takes over the limits that the parent has set. */
export function inheritTreeLimits(inherited: TreeLimits): void {
  limits = inherited;
}

/** Returns the limits that were set, for a child to take over. */
export function ownTreeLimits(): TreeLimits {
  return limits;
}

export function depthLimit(): number {
  return limits.depth ?? DEPTH;
}

export function processLimit(): number {
  return limits.processes ?? PROCESSES_PER_CPU * os().availableParallelism();
}
