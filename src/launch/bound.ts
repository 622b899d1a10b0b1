import type { ChildRuntime } from "./command.ts";
import type { Planner } from "./planner.ts";
import type { StartMethod } from "./start-method.ts";

/** What is fixed for the processes that a class starts. */
export interface LaunchBinding {
  readonly method?: StartMethod | undefined;
  /** The runtime of a process whose options name none. */
  readonly runtime?: ChildRuntime | undefined;
  /** Plans the starts in place of the start method. Processes of other hosts have one. */
  readonly planner?: Planner | undefined;
}

const bound = Symbol("launch");
const NOTHING: LaunchBinding = {};

/** Binds a class, so that its processes start in this way. */
export function bindLaunch<C extends object>(Class: C, binding: LaunchBinding): C {
  return Object.defineProperty(Class, bound, { value: binding });
}

/** Returns what a class is bound to. */
export function boundLaunch(Class: object): LaunchBinding {
  return (Class as { readonly [bound]?: LaunchBinding })[bound] ?? NOTHING;
}
