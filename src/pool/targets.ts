import { locateTarget } from "../target/locate.ts";
import { checkTarget, moduleUrl, type Target, type TargetRef } from "../target/target.ts";

/** How much of its weight the mean of a target's times keeps with each new time. */
const KEPT = 0.8;

/** A target of a pool's tasks. */
export class PoolTarget {
  /** The number by which tasks name it. */
  readonly number: number;
  /** Its module and export, once they are found. */
  ref: TargetRef | undefined;
  /** Resolves when `ref` is set. Rejects with `StateError` if no export is found. */
  located: Promise<void> | undefined;
  /** The time in milliseconds that one task takes, if that is known. */
  pace: number | undefined;

  constructor(number: number) {
    this.number = number;
  }

  /** Tasks took so many milliseconds together. */
  took(ms: number, tasks: number): void {
    const pace = ms / tasks;
    this.pace = this.pace === undefined ? pace : KEPT * this.pace + (1 - KEPT) * pace;
  }
}

const GENERATORS: ReadonlySet<string> = new Set(["GeneratorFunction", "AsyncGeneratorFunction"]);

/**
 * Throws `TypeError` for a target that a method of the pool can't call.
 *
 * @param Process the class whose subclasses are no targets of a pool
 */
export function refuseTarget(target: unknown, method: string, Process: { readonly prototype: object }): void {
  if (typeof target !== "function") return checkTarget(target);
  if (method !== "iterate" && GENERATORS.has(target.constructor.name))
    throw new TypeError(
      `${target.name || "The target"} is a generator, whose values come one by one: use iterate() instead of ${method}().`,
    );
  if (target.prototype instanceof (Process as new () => object))
    throw new TypeError(`${target.name} is a subclass of Process: a pool calls functions. Start it by new ${target.name}().start().`);
}

/** The targets of a pool, each with its number. */
export class PoolTargets {
  readonly #functions = new Map<unknown, PoolTarget>();
  readonly #nameFor: (ref: TargetRef) => TargetRef;
  #numbers = 0;

  /** @param nameFor returns how the workers find a target, or throws if they can't */
  constructor(nameFor: (ref: TargetRef) => TargetRef) {
    this.#nameFor = nameFor;
  }

  /**
   * Returns the target's entry, and begins to look for its export if that is new. Throws `TypeError` for what can't be a target.
   *
   * @param callers returns the modules that call, for the search
   */
  get(target: unknown, callers: () => readonly string[]): PoolTarget {
    const key = typeof target === "function" ? target : keyOf(target);
    const known = this.#functions.get(key);
    if (known !== undefined) return known;
    const made = new PoolTarget(++this.#numbers);
    this.#functions.set(key, made);
    made.located = locateTarget(target as Target, callers()).then(
      (ref) => {
        made.ref = this.#nameFor(ref);
      },
      (error: unknown) => {
        // A later call may come from a module whose imports have the function.
        this.#functions.delete(key);
        throw error;
      },
    );
    made.located.catch(() => {});
    return made;
  }
}

function keyOf(target: unknown): string {
  checkTarget(target);
  if (target instanceof URL) return `${target.href} default`;
  const { module, name = "default" } = target as { module: string | URL; name?: string };
  return `${moduleUrl(module)} ${name}`;
}
