import { currentProcess, setCurrentProcess } from "../api/current-process.ts";
import { Pipe } from "../api/pipe.ts";
import type { Frame } from "../codec/frame.ts";
import { FrameReader } from "../codec/frame-reader.ts";
import { encodeFrame } from "../codec/frame-writer.ts";
import { Op } from "../codec/op.ts";
import type { Job, JobArguments } from "../launch/job.ts";
import { pack, unpack } from "../objects/message.ts";
import { OWN_MODULES } from "../target/provided.ts";
import { join } from "../util/bytes.ts";
import { prepare } from "./prepare.ts";

/** Runs the code that a job needs, without any effect, because engines are slow when they run code for the first time. */
export async function rehearse(): Promise<void> {
  const itself = currentProcess();
  await rehearseJob();
  setCurrentProcess(itself);
  await rehearseObjects();
}

async function rehearseJob(): Promise<void> {
  const jobArguments: JobArguments = { args: ["text", 0.5, [true, null]], kwargs: undefined, self: undefined };
  const target = { module: OWN_MODULES.public, name: "currentProcess" };
  const job: Job = {
    name: "",
    identity: [],
    daemon: false,
    parentName: "",
    startMethod: "",
    treeLimits: {},
    reportTo: undefined,
    target,
    subclass: false,
    inherited: null,
    isFar: false,
    observed: { log: { level: "warning", isOnStderr: false }, trace: undefined },
    debugging: undefined,
  };
  const pieces = encodeFrame({ op: Op.job, id: 0, object: 0, meta: job, message: pack(jobArguments, "") });
  const frames: Frame[] = [];
  new FrameReader().push(join(pieces), (frame) => frames.push(frame));
  for (const frame of frames) await (await prepare(frame.meta as Job, frame)).call();
}

// Rehearses a job with shared objects among its arguments, and messages that come through the event loop.
async function rehearseObjects(): Promise<void> {
  const [here, there] = Pipe<string>();
  const packed = pack(there, "");
  const { value, attached } = unpack(packed);
  await attached;
  const again = value as typeof there;
  const coming = here.recv();
  await again.send("text");
  await coming;
  for (const end of [here, there, again]) end.close();
  packed.release(true);
}
