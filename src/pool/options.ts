import type { Limits } from "../backend/contract/launcher.ts";
import { checkGroup, checkOptions, DEFAULT_GROUP } from "../launch/check-options.ts";
import type { ChildRuntime, CommandOptions } from "../launch/command.ts";
import type { ProcessSettings } from "../launch/options.ts";
import { runtime } from "../runtime/current.ts";
import type { TargetFunction } from "../target/signature.ts";
import { checkTarget, type ModuleTarget, type Target } from "../target/target.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { os } from "../util/lazy-modules.ts";
import { checkTimeout } from "../util/wait-options.ts";
import { checkWhole } from "./task-options.ts";

/** The number of workers: as many as wanted at most, or a range. */
export type WorkerCount = number | { readonly min?: number; readonly max?: number };

/** Options of a {@link Pool}. */
export interface PoolOptions extends CommandOptions {
  /**
   * The largest number of workers. They come with the first tasks, and never more than there is work for. With `{ min, max }`, `min` of them
   * are started at once and stay. A pool that a module makes while a child imports it starts them with its first task. Default: `cpuCount()`.
   */
  readonly processes?: WorkerCount;
  /** Called once in each worker before its first task: an exported function, or a module and export. Default: none. */
  readonly initializer?: ((...args: never[]) => unknown) | URL | { readonly module: string | URL; readonly name?: string };
  /** The arguments of the initializer. They may be left out only if it needs none. Default: none. */
  readonly initArgs?: readonly unknown[];
  /** The time in milliseconds that a worker may take to start and to run the initializer. A slower one is killed. Default 30,000. */
  readonly startTimeout?: number;
  /** The number of tasks after which a worker is replaced. Default: never. */
  readonly maxTasksPerChild?: number;
  /** The resident memory in bytes above which a worker is replaced after its task. Default: never. */
  readonly maxMemoryPerChild?: number;
  /** The time in milliseconds after which a worker without work ends, if there are more than `min`. Default: never. */
  readonly idleTimeout?: number;
  /** The number of tasks that may wait. Then `apply` waits for room. Default: no limit. */
  readonly maxQueued?: number;
  /**
   * The time in milliseconds that a task may go on after it was given up by `timeout`, `taskTimeout` or `signal`. Then its worker is killed
   * and replaced. `Infinity` means never. Default 1000.
   */
  readonly taskGrace?: number;
  /** The time in milliseconds that a worker may take to end after `terminate()`. Then it is killed. Default 5000. */
  readonly grace?: number;
  /** The name. Workers are called by it with a number: `Pool-1-worker-2`. Default: `Pool-N`. */
  readonly name?: string;
  /** The group of agents that runs the workers of a pool on a cluster: see {@link connectCluster}. On one machine it means nothing. Default: "default". */
  readonly group?: string;
  /** Resource limits of each worker. They need the native backend. Default: the limits of this process. */
  readonly limits?: Limits;
}

/**
 * The options of a pool. The arguments fit the parameters of the initializer, and may be left out only if it needs none.
 *
 * @ignore
 */
export type InitializedBy<Args extends readonly unknown[]> = Omit<PoolOptions, "initializer" | "initArgs"> &
  ([] extends InitArgs<Args>
    ? { readonly initializer?: Initializer<Args>; readonly initArgs?: NoInfer<InitArgs<Args>> }
    :
        | { readonly initializer: Initializer<Args>; readonly initArgs: NoInfer<InitArgs<Args>> }
        | { readonly initializer?: never; readonly initArgs?: never });

type Initializer<Args extends readonly unknown[]> = TargetFunction<Args, unknown> | ModuleTarget;
/** The parameters of the initializer of a {@link PoolOptions} are not known, so there all arguments are allowed. */
type InitArgs<Args extends readonly unknown[]> = never[] extends Args ? readonly unknown[] : Readonly<Args>;

/** The options after they were checked, with their defaults. */
export interface PoolSettings {
  readonly min: number;
  readonly max: number;
  readonly initializer: Target | undefined;
  readonly initArgs: readonly unknown[];
  readonly startTimeout: number;
  readonly maxTasksPerChild: number;
  readonly maxMemoryPerChild: number;
  readonly idleTimeout: number;
  readonly maxQueued: number;
  readonly taskGrace: number;
  readonly name: string;
  readonly group: string;
  /** The name of the workers' runtime. */
  readonly runtime: string;
  /** The options of each worker's process. */
  readonly process: ProcessSettings;
}

const OPTIONS = optionNames<PoolOptions>({
  processes: true,
  initializer: true,
  initArgs: true,
  startTimeout: true,
  maxTasksPerChild: true,
  maxMemoryPerChild: true,
  idleTimeout: true,
  maxQueued: true,
  taskGrace: true,
  grace: true,
  name: true,
  group: true,
  runtime: true,
  execArgv: true,
  env: true,
  cwd: true,
  stdout: true,
  stderr: true,
  limits: true,
});

const START_TIMEOUT = 30_000;
const TASK_GRACE = 1000;
/** No more workers: a larger number is a mistake, and would exhaust the machine. */
const MOST_WORKERS = 10_000;

let pools = 0;

/**
 * Checks the options of `new Pool()`. Throws `TypeError`, `RangeError` or `UnsupportedError`.
 *
 * @param bound the workers' runtime if the options name none
 */
export function checkPoolOptions(options: unknown, backend: string | undefined, bound: ChildRuntime | undefined): PoolSettings {
  if (typeof options === "number") throw new TypeError(`A pool takes an object with options: write new Pool({ processes: ${options} }).`);
  if (typeof options !== "object" || options === null)
    throw new TypeError(`A pool takes { processes, ... }, received ${describe(options)}.`);
  refuseUnknown(options, OPTIONS, "a pool");
  const { processes, initializer, initArgs = [], startTimeout, maxTasksPerChild, maxMemoryPerChild, ...more } = options as PoolOptions;
  const { idleTimeout, maxQueued, taskGrace, name, group = DEFAULT_GROUP, ...process } = more;
  if (initializer !== undefined) checkTarget(initializer);
  if (!Array.isArray(initArgs)) throw new TypeError(`initArgs must be an array, received ${describe(initArgs)}.`);
  if (name !== undefined && typeof name !== "string") throw new TypeError(`A pool's name must be a string, received ${describe(name)}.`);
  checkGroup(group, "pool");
  const { target: _, args: __, kwargs: ___, transfer: ____, ...checked } = checkOptions({ ...process }, backend, bound);
  return {
    ...checkCount(processes),
    initializer: initializer as Target | undefined,
    initArgs: [...initArgs],
    startTimeout: startTimeout === undefined ? START_TIMEOUT : checkTimeout(startTimeout, "startTimeout"),
    maxTasksPerChild: checkMost(maxTasksPerChild, "maxTasksPerChild"),
    maxMemoryPerChild: checkMost(maxMemoryPerChild, "maxMemoryPerChild"),
    idleTimeout: checkTimeout(idleTimeout, "idleTimeout"),
    maxQueued: checkMost(maxQueued, "maxQueued"),
    taskGrace: taskGrace === undefined ? TASK_GRACE : checkTimeout(taskGrace, "taskGrace"),
    name: name || `Pool-${++pools}`,
    group,
    runtime: typeof checked.runtime === "string" ? checked.runtime : runtime.name,
    process: { ...checked, startTimeout: Number.POSITIVE_INFINITY },
  };
}

function checkCount(processes: WorkerCount | undefined): { readonly min: number; readonly max: number } {
  if (processes === undefined) return { min: 0, max: os().availableParallelism() };
  if (typeof processes !== "object" || processes === null) {
    checkWhole(processes, "processes", 1, MOST_WORKERS);
    return { min: 0, max: processes };
  }
  refuseUnknown(processes, ["min", "max"], "processes");
  const { max = Math.max(os().availableParallelism(), processes.min ?? 0), min = 0 } = processes;
  checkWhole(min, "processes.min", 0, MOST_WORKERS);
  checkWhole(max, "processes.max", 1, MOST_WORKERS);
  if (min > max) throw new RangeError(`processes.min is ${min}, and processes.max only ${max}: the minimum must not be above the maximum.`);
  return { min, max };
}

function checkMost(value: number | undefined, name: string): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  checkWhole(value, name, 1, Number.POSITIVE_INFINITY);
  return value;
}
