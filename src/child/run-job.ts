// Registers all kinds of shared objects. The arguments of a job may contain any kind, even if the target's module does not import it.
import "../api/kinds.ts";
import { setCurrentProcess } from "../api/current-process.ts";
import { makeCurrentProcess } from "../api/process.ts";
import type { ChildChannel, JobFrame } from "../backend/contract/launcher.ts";
import type { Job } from "../launch/job.ts";
import { runAs } from "../launch/origin.ts";
import { beginTarget, setPosition } from "../launch/position.ts";
import { type StartMethod, setStartMethod } from "../launch/start-method.ts";
import { inheritTreeLimits } from "../launch/tree-limits.ts";
import { emit, note, save } from "../observe/events.ts";
import { observe } from "../observe/observers.ts";
import { labelOf } from "../target/target.ts";
import { now } from "../util/clock.ts";
import { setWorking } from "../util/event-loop.ts";
import { type PreparedJob, prepare } from "./prepare.ts";
import { Reporter } from "./reporter.ts";

/** Runs a child's job to its end, and reports the result or the error. Resolves when the parent has the result. */
export async function runJob(frame: JobFrame, channel: ChildChannel): Promise<void> {
  const job = frame.meta as Job;
  setPosition(job, channel.parentGone);
  observe(job.observed);
  inheritTreeLimits(job.treeLimits);
  setStartMethod(job.startMethod as StartMethod, { force: true });
  const reporter = new Reporter(job.name, channel.reporter(job.reportTo), channel.parentGone, job.isFar);
  reporter.catchUncaught();
  setCurrentProcess(makeCurrentProcess({ name: job.name, identity: job.identity, daemon: job.daemon }));
  let reported: Promise<void> | undefined;
  try {
    const prepared = await prepare(job, frame);
    await prepared.attached;
    const started = reporter.started();
    // The target may block the event loop for a long time, so the report must leave before the target runs.
    if (channel.needsEventLoop || job.debugging !== undefined) await started;
    if (job.debugging !== undefined) (await import("./debugging.ts")).meetDebugger(job.name, job.debugging);
    beginTarget();
    setWorking(true);
    reported = reporter.result(await runTarget(job, prepared));
  } catch (error) {
    await reporter.uncaught(error);
  } finally {
    setWorking(false);
  }
  await reported;
}

async function runTarget({ target }: Job, { call }: PreparedJob): Promise<unknown> {
  const name = target === null ? "nothing" : labelOf(target);
  const began = now();
  note("debug", () => `runs ${name}`);
  save();
  try {
    return await runAs("target", call);
  } finally {
    note("debug", () => `has run ${name}`);
    emit("slice", { name, began, ended: now(), args: {} });
  }
}
