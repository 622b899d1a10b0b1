import type { Limits } from "../backend/contract/launcher.ts";
import type { ArgsOf, KwargsOf, KwargsOption, TargetFunction } from "../target/signature.ts";
import type { ModuleTarget, Target } from "../target/target.ts";
import type { CommandOptions } from "./command.ts";

/** Options of a {@link Process} that do not depend on the types of its target. */
export interface ProcessSettings extends CommandOptions {
  /** The name. Default: `Process-N`, or `Process-N:M` for the child of a child. */
  readonly name?: string;
  /** Whether the child ends when its parent ends, instead of keeping the parent alive. Default: the same as the parent. */
  readonly daemon?: boolean;
  /** Whether the child lives on when its parent has ended. Default `false`. */
  readonly detached?: boolean;
  /** Shared objects that this process closes once the child has them. Default: none. */
  readonly transfer?: Iterable<{ close(): void }>;
  /** Resource limits of the child. They need the native backend. Default: the limits of this process. */
  readonly limits?: Limits;
  /** The time that the child may take to import its target, in milliseconds. A slower child is killed. Default 30,000. */
  readonly startTimeout?: number;
  /**
   * A signal that ends the child. If it is aborted before the start, `start()` rejects with its reason. Later the child is terminated as by
   * `terminate({ grace })`, and `result()` rejects with the reason. Default: none.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * The time in milliseconds that the child may take to end after this process asked it to by SIGTERM: because of `signal`, at the end of an
   * `await using` block, or because it is a daemon and its parent's work is done. Then it is killed. Default 5000.
   */
  readonly grace?: number;
  /** The group of agents that runs the process of a cluster: see {@link connectCluster}. On one machine it means nothing. Default: "default". */
  readonly group?: string | undefined;
}

/** Options of {@link Process.terminate}. */
export interface TerminateOptions {
  /** The time in milliseconds after which a child that has not ended is killed. Default: it is not killed. */
  readonly grace?: number | undefined;
}

/** The target and its `kwargs` among the options of a {@link Process}. */
export interface ProcessTarget<Args extends readonly unknown[], Result, Kwargs> extends ProcessSettings, KwargsOption<Args, Kwargs> {
  /** An exported function, the URL of a module (its default export is meant), or a module and the name of an export. Default: nothing is run. */
  readonly target?: TargetFunction<Args, Result> | ModuleTarget;
}

/**
 * Options of a {@link Process}. `args` are the arguments of the target before `kwargs`; they may be left out only if the target needs none.
 */
export type ProcessOptions<Args extends readonly unknown[], Result, Kwargs extends KwargsOf<Args> = undefined> = ProcessTarget<
  Args,
  Result,
  Kwargs
> &
  ([] extends ArgsOf<Args, Kwargs> ? { readonly args?: NoInfer<ArgsOf<Args, Kwargs>> } : { readonly args: NoInfer<ArgsOf<Args, Kwargs>> });

/** The options after they were checked, with their defaults. */
export interface CheckedOptions extends ProcessSettings {
  readonly target: Target | undefined;
  readonly args: readonly unknown[];
  readonly kwargs: object | undefined;
  readonly transfer: readonly { close(): void }[];
  readonly startTimeout: number;
  readonly grace: number;
}
