import type { ChildChannel, JobFrame } from "../backend/contract/launcher.ts";
import { backendOfChild } from "../backend/registry.ts";
import { Op } from "../codec/op.ts";
import type { Boot, Question } from "../launch/job.ts";
import { runAs } from "../launch/origin.ts";
import { beginChild } from "../launch/position.ts";
import { observe } from "../observe/observers.ts";
import { runtime } from "../runtime/current.ts";
import { OWN_MODULES, provideModule } from "../target/provided.ts";
import { tree } from "../tree/tree.ts";
import { VERSION } from "../util/version.ts";
import { rehearse } from "./rehearse.ts";
import { runJob } from "./run-job.ts";
import { StdinFrames } from "./stdin-frames.ts";

const NOTHING = { bytes: new Uint8Array(0), refs: [] };

function readBoot(frames: StdinFrames): Boot {
  const { op, meta } = frames.read();
  const boot = meta as Boot;
  if (op !== Op.boot || boot?.version !== VERSION) {
    throw new Error(`A child of polyproc ${VERSION} was started by something else, or by another version (${boot?.version}).`);
  }
  return boot;
}

// Waits for the job, and answers when the parent asks whether this process still waits for it.
async function jobOfSpare(channel: ChildChannel): Promise<JobFrame> {
  for (;;) {
    const frame = await channel.nextFrame();
    if (frame.op === Op.job) return frame;
    const { reportTo } = frame.meta as Question;
    // If the parent does not get the answer, it takes another child.
    void channel
      .reporter(reportTo)
      .report("waiting", NOTHING)
      .catch(() => {});
  }
}

// The modules of this package that are targets. Their names are written out here, so that a bundler takes them into its bundle.
provideModule(OWN_MODULES.worker, () => import("../pool/worker/main.ts"));
provideModule(OWN_MODULES.manager, () => import("../api/manager-server.ts"));
provideModule(OWN_MODULES.public, () => import("../../mod.ts"));

async function run(): Promise<void> {
  const frames = new StdinFrames();
  const boot = readBoot(frames);
  beginChild(boot);
  // Until the job says more. It tells what the parent observes at the start of the job.
  observe();
  tree.join(boot.membership);
  runtime.shareOutput(false);
  // If the job is on stdin already, it must be read before the backend takes the channel over.
  const job: JobFrame | undefined = boot.spare ? undefined : frames.read();
  const channel = await backendOfChild(boot.backend, boot.forChild).launcher.connect(boot);
  // A spare child imports the library ahead, because nearly every target needs it.
  if (boot.spare) await import("../../mod.ts");
  for (const module of boot.preload) await runAs("module", () => import(runtime.importSpecifier(module))).catch(() => {});
  if (boot.spare) await rehearse();
  await runJob(job ?? (await jobOfSpare(channel)), channel);
}

/** Reads this child's identity and job from stdin, and runs the job. Never rejects: an error ends the process. */
export async function runChild(): Promise<void> {
  try {
    await run();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
