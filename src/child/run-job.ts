// The arguments of a job may hold any shared object, whatever the target's module imports.
import "../api/kinds.ts";
import { setCurrentProcess } from "../api/current-process.ts";
import { makeCurrentProcess } from "../api/process.ts";
import type { ChildChannel, JobFrame } from "../backend/contract/launcher.ts";
import type { Boot, Job } from "../launch/job.ts";
import { setPosition } from "../launch/position.ts";
import { type StartMethod, setStartMethod } from "../launch/start-method.ts";
import { prepare } from "./prepare.ts";
import { Reporter } from "./reporter.ts";

/** Runs a child's job to its end, and reports how it went. */
export async function runJob(boot: Boot, frame: JobFrame, channel: ChildChannel): Promise<void> {
  const job = frame.meta as Job;
  setPosition(boot, job, channel.parentGone);
  setStartMethod(job.startMethod as StartMethod, { force: true });
  const reporter = new Reporter(job.name, channel.reporter(job.reportTo));
  reporter.catchUncaught();
  setCurrentProcess(makeCurrentProcess({ name: job.name, identity: job.identity, daemon: job.daemon }));
  try {
    const prepared = await prepare(job, frame);
    await prepared.attached;
    const reported = reporter.started();
    // The target may keep the event loop from turning for long.
    if (channel.needsEventLoop) await reported;
    reporter.result(await prepared.call());
  } catch (error) {
    await reporter.uncaught(error);
  }
}
