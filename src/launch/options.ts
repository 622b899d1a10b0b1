import type { Limits } from "../backend/contract/launcher.ts";
import type { Target } from "../target/target.ts";
import type { CommandOptions } from "./command.ts";

/** A target that is not given as a function: where it can be found. */
export type ModuleTarget = URL | { readonly module: string | URL; readonly name?: string };

/** Options that don't depend on the target. */
export interface ProcessSettings extends CommandOptions {
  /** Default `Process-N`, in a child `Process-N:M`. */
  readonly name?: string;
  /** Whether it ends with its parent instead of keeping the parent alive. Default: as the parent. */
  readonly daemon?: boolean;
  /** Whether it outlives its parent. Default `false`. */
  readonly detached?: boolean;
  /** Shared objects whose copy in this process is closed once the child has them. */
  readonly transfer?: Iterable<{ close(): void }>;
  /** Resource limits; native backend only. */
  readonly limits?: Limits;
  /** Milliseconds the child may take to import its target. Default 30,000. */
  readonly startTimeout?: number;
}

export interface ProcessOptions<Args extends readonly unknown[], Result> extends ProcessSettings {
  /** An exported function, a module whose default export is meant, or a module and the export's name. */
  readonly target?: ((...args: Args) => Result | Promise<Result>) | ModuleTarget;
  /** Given to the target. */
  readonly args?: Args;
  readonly kwargs?: undefined;
}

/** As {@link ProcessOptions}, for a target that takes a trailing object. */
export interface KwargsOptions<Args extends readonly unknown[], Kwargs extends object, Result> extends ProcessSettings {
  readonly target?: ((...args: [...Args, Kwargs]) => Result | Promise<Result>) | ModuleTarget;
  readonly args?: Args;
  /** Given to the target as one trailing object. */
  readonly kwargs: Kwargs;
}

/** The options as the library keeps them. */
export interface CheckedOptions extends ProcessSettings {
  readonly target: Target | undefined;
  readonly args: readonly unknown[];
  readonly kwargs: object | undefined;
  readonly transfer: readonly { close(): void }[];
  readonly startTimeout: number;
}
