import type { Limits } from "../backend/contract/launcher.ts";
import { chooseBackend } from "../backend/registry.ts";
import { UnsupportedError } from "../errors/errors.ts";
import { runtimes } from "../runtime/current.ts";
import { checkTarget, type Target } from "../target/target.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { checkTimeout } from "../util/wait-options.ts";
import type { ChildRuntime } from "./command.ts";
import { limitOfStart } from "./debugging.ts";
import type { CheckedOptions, ProcessOptions, ProcessSettings, TerminateOptions } from "./options.ts";

/** The default time in milliseconds in which a child must import its target. */
const START_TIMEOUT = 30_000;
/** The default time in milliseconds in which a child must end after SIGTERM. */
const GRACE = 5000;

/** The group of agents, and of pools and processes, that name none. */
export const DEFAULT_GROUP = "default";

const OUTPUTS: ReadonlySet<unknown> = new Set([undefined, "inherit", "pipe", "null"]);

const PROCESS_OPTIONS = optionNames<ProcessOptions<[], unknown>>({
  target: true,
  args: true,
  kwargs: true,
  name: true,
  daemon: true,
  detached: true,
  runtime: true,
  execArgv: true,
  env: true,
  cwd: true,
  stdout: true,
  stderr: true,
  transfer: true,
  limits: true,
  startTimeout: true,
  signal: true,
  grace: true,
  group: true,
});

const TERMINATE_OPTIONS = optionNames<TerminateOptions>({ grace: true });

/** Checks the options of `terminate()`. Returns the time in milliseconds after which the child is killed. */
export function checkTerminate(options: unknown): number {
  if (options === undefined || options === null) return Number.POSITIVE_INFINITY;
  if (typeof options !== "object") throw new TypeError(`terminate takes { grace? }, received ${describe(options)}.`);
  refuseUnknown(options, TERMINATE_OPTIONS, "terminate()");
  return checkTimeout((options as TerminateOptions).grace, "grace");
}

/**
 * Checks the options of `new Process()`. Throws `TypeError`, `RangeError` or `UnsupportedError`.
 *
 * @param runtime the runtime if the options name none
 */
export function checkOptions(options: unknown, backend?: string, runtime?: ChildRuntime): CheckedOptions {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`A process takes { target, args, ... }, received ${describe(options)}.`);
  refuseUnknown(options, PROCESS_OPTIONS, "a process");
  const given = options as ProcessSettings & { target?: unknown; args?: unknown; kwargs?: unknown };
  const {
    target,
    args = [],
    kwargs,
    name,
    daemon,
    detached,
    startTimeout,
    execArgv,
    env,
    cwd,
    signal,
    grace,
    group,
    transfer = [],
  } = given;
  if (target !== undefined && target !== null) checkTarget(target);
  // Any iterable is not enough: a string is one, and would become an argument for each letter.
  if (!Array.isArray(args)) throw new TypeError(`args must be an array, received ${describe(args)}.`);
  if (kwargs !== undefined && (typeof kwargs !== "object" || kwargs === null))
    throw new TypeError(`kwargs must be an object, received ${describe(kwargs)}.`);
  if (name !== undefined) checkName(name);
  checkGroup(group, "process");
  for (const [what, value] of Object.entries({ daemon, detached })) {
    if (value !== undefined && typeof value !== "boolean") throw new TypeError(`${what} must be a boolean, received ${describe(value)}.`);
  }
  if (execArgv !== undefined && !(Array.isArray(execArgv) && execArgv.every((flag) => typeof flag === "string"))) {
    throw new TypeError(`execArgv must be an array of strings, received ${describe(execArgv)}.`);
  }
  if (env !== undefined && (typeof env !== "object" || env === null))
    throw new TypeError(`env must be an object, received ${describe(env)}.`);
  if (cwd !== undefined && typeof cwd !== "string" && !(cwd instanceof URL))
    throw new TypeError(`cwd must be a path or a file URL, received ${describe(cwd)}.`);
  if (!OUTPUTS.has(given.stdout)) throw new TypeError(`stdout must be "inherit", "pipe" or "null", received ${describe(given.stdout)}.`);
  if (!OUTPUTS.has(given.stderr)) throw new TypeError(`stderr must be "inherit", "pipe" or "null", received ${describe(given.stderr)}.`);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new TypeError(`signal must be an AbortSignal, received ${describe(signal)}.`);
  checkRuntime(given.runtime);
  checkLimits(given.limits, backend);
  return {
    ...given,
    target: (target ?? undefined) as Target | undefined,
    args: [...args],
    kwargs,
    runtime: given.runtime ?? runtime,
    transfer: checkTransfer(transfer),
    startTimeout: limitOfStart(startTimeout === undefined ? START_TIMEOUT : checkTimeout(startTimeout, "startTimeout")),
    grace: grace === undefined ? GRACE : checkTimeout(grace, "grace"),
  };
}

const LIMITS: Readonly<Record<Exclude<keyof Limits, "cpus">, readonly [least: number, unit: string]>> = {
  memory: [1, "bytes"],
  cpuTime: [1, "milliseconds"],
  openFiles: [16, "descriptors"],
  nice: [-40, "steps"],
};
const LIMIT_NAMES = optionNames<Limits>({ memory: true, cpuTime: true, openFiles: true, nice: true, cpus: true });
const RUNTIME_NAMES = optionNames<Exclude<ChildRuntime, string>>({ execPath: true, args: true });
const MOST_CPUS = 1024;

function checkLimits(limits: unknown, backend: string | undefined): void {
  if (limits === undefined) return;
  if (typeof limits !== "object" || limits === null)
    throw new TypeError(`limits must be { memory?, cpuTime?, openFiles?, nice?, cpus? }, received ${describe(limits)}.`);
  refuseUnknown(limits, LIMIT_NAMES, "limits");
  if (!chooseBackend(backend).features.limits)
    throw new UnsupportedError("limits need the native backend, and this process runs on the portable one: leave them out.");
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    if (name === "cpus") {
      const isCpu = (cpu: unknown): boolean => Number.isInteger(cpu) && (cpu as number) >= 0 && (cpu as number) < MOST_CPUS;
      if (!Array.isArray(value) || value.length === 0 || !value.every(isCpu))
        throw new RangeError(`limits.cpus must be an array of processor numbers from 0 to ${MOST_CPUS - 1}, received ${describe(value)}.`);
      continue;
    }
    const [least, unit] = LIMITS[name as keyof typeof LIMITS];
    if (typeof value !== "number") throw new TypeError(`limits.${name} must be a number of ${unit}, received ${describe(value)}.`);
    if (!Number.isInteger(value) || value < least)
      throw new RangeError(`limits.${name} must be a whole number of ${unit}, at least ${least}, received ${value}.`);
  }
}

/** Checks the name of a group of agents. */
export function checkGroup(group: unknown, of: string): void {
  if (group !== undefined && (typeof group !== "string" || group === ""))
    throw new TypeError(`A ${of}'s group must be a string, received ${describe(group)}.`);
}

export function checkName(name: unknown): asserts name is string {
  if (typeof name !== "string") throw new TypeError(`A process's name must be a string, received ${describe(name)}.`);
}

/** Checks the runtime of a child. Throws `TypeError` or `RangeError`. */
export function checkRuntime(wanted: unknown): asserts wanted is ChildRuntime | undefined {
  if (wanted === undefined) return;
  if (typeof wanted === "string") {
    if (!Object.hasOwn(runtimes, wanted))
      throw new RangeError(`runtime must be "node", "deno", "bun" or { execPath, args }, received ${describe(wanted)}.`);
    return;
  }
  const { execPath, args = [] } = (wanted ?? {}) as { execPath?: unknown; args?: unknown };
  const program = typeof execPath === "string" || execPath instanceof URL;
  if (!program || !Array.isArray(args) || !args.every((flag) => typeof flag === "string")) {
    throw new TypeError(`runtime must be "node", "deno", "bun" or { execPath, args }, received ${describe(wanted)}.`);
  }
  refuseUnknown(wanted as object, RUNTIME_NAMES, "runtime");
}

function checkTransfer(transfer: unknown): { close(): void }[] {
  const closable = (value: unknown): boolean => typeof (value as { close?: unknown } | null | undefined)?.close === "function";
  if (!Array.isArray(transfer) || !transfer.every(closable))
    throw new TypeError(`transfer must be an array of connections or queues, received ${describe(transfer)}.`);
  return [...transfer];
}
