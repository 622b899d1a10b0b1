import { setCurrentProcess } from "../api/current-process.ts";
import type { CurrentProcessSettings } from "../api/current-process-settings.ts";
import { makeCurrentProcess, Process } from "../api/process.ts";
import type { JobFrame } from "../backend/contract/launcher.ts";
import { StateError } from "../errors/errors.ts";
import type { Job, JobArguments } from "../launch/job.ts";
import { runAs } from "../launch/origin.ts";
import { fetched, unpack } from "../objects/message.ts";
import { loadTarget } from "../target/load.ts";
import type { TargetRef } from "../target/target.ts";

type AnyFunction = (...args: never[]) => unknown;

/** A job whose target is imported and whose arguments are decoded. */
export interface PreparedJob {
  readonly call: () => unknown;
  /** Settles when this process is attached to the shared objects among the arguments. */
  readonly attached: Promise<unknown> | undefined;
}

/**
 * Imports the target, and then decodes the arguments. The order matters: the arguments may contain instances of classes that the import
 * registers.
 */
export async function prepare(job: Job, { message = { bytes: new Uint8Array(0), refs: [] } }: JobFrame): Promise<PreparedJob> {
  const target = await imported(job.target);
  const called = job.subclass ? await imported(job.inherited) : target;
  await fetched(message);
  const { value, attached } = unpack(message);
  const { args, kwargs, self } = value as JobArguments;
  const all = kwargs === undefined ? args : [...args, kwargs];
  const run = (): unknown => (called === undefined ? undefined : Reflect.apply(called, undefined, all));
  if (job.subclass) return { attached, call: () => resume({ ...job, run }, target as AnyFunction, self).run() };
  const process = makeCurrentProcess({ ...job, run });
  setCurrentProcess(process);
  return { attached, call: () => process.run() };
}

async function imported(ref: TargetRef | null): Promise<AnyFunction | undefined> {
  return ref === null ? undefined : await runAs("module", () => loadTarget(ref));
}

// The subclass's own constructor is not called, because the fields come from the parent.
function resume(job: CurrentProcessSettings, Class: AnyFunction, self: object | undefined): Process<never, unknown> {
  if (!(Class.prototype instanceof Process))
    throw new StateError(`${Class.name} is no subclass of this version's Process: import polyproc in one version only.`);
  const process = makeCurrentProcess(job, Class);
  Object.assign(process, self);
  setCurrentProcess(process);
  return process;
}
