// The types with which the compiler checks the arguments of a target. Process and Pool share them. Each call has a single signature, because an
// error in one of several overloads does not point at the argument that is wrong.
import type { ModuleTarget } from "./target.ts";

/** A function that a child can call: exported by a module, sync or async. */
export type TargetFunction<Args extends readonly unknown[], Result> = (...args: Args) => Result | PromiseLike<Result>;

/**
 * The type of `kwargs` for a target: that of its last parameter, if that is an object.
 *
 * @ignore
 */
export type KwargsOf<Args extends readonly unknown[]> =
  | ((Required<Args> extends readonly [...unknown[], infer Last] ? Last : unknown) & object)
  | undefined;

/**
 * `kwargs` among the options. `Kwargs` is inferred from them: `undefined` means that there are none. A module gives no types of its
 * target's parameters, so there all objects are allowed.
 *
 * @ignore
 */
export interface KwargsOption<Args extends readonly unknown[], Kwargs> {
  /** An object that the target gets as its last argument, as JavaScript has no keyword arguments. Default: none. */
  readonly kwargs?: (number extends Args["length"] ? object | undefined : Kwargs) | undefined;
}

/**
 * The arguments that `args` must have: all, or all but the last if that is `kwargs`.
 *
 * @ignore
 */
export type ArgsOf<Args extends readonly unknown[], Kwargs> = [Kwargs] extends [undefined]
  ? Readonly<Args>
  : Args extends readonly [...infer First, unknown?]
    ? Readonly<First>
    : Readonly<Args>;

/**
 * What follows the target in a call: its arguments and the options. The arguments may be left out if the target needs none.
 *
 * @ignore
 */
export type CallRest<Args extends readonly unknown[], Options> = [] extends Args
  ? [args?: Args, options?: Options]
  : [args: Args, options?: Options];

/**
 * The options that follow the elements in a call of `map` and its like. They may be left out unless the target needs a second argument, which only
 * `kwargs` gives.
 *
 * @ignore
 */
export type MapRest<Kwargs, Options> = undefined extends Kwargs
  ? [options?: Options & { readonly kwargs?: (Kwargs & object) | undefined }]
  : [options: Options & { readonly kwargs: Kwargs }];

/**
 * A target of `map` and its like: it gets one element, and `kwargs` if they are given.
 *
 * @ignore
 */
export type MapTarget<Element, Kwargs, Result> = ((element: Element, kwargs: Kwargs) => Result | PromiseLike<Result>) | ModuleTarget;
