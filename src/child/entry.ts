// The first module that a child runs: it learns from its stdin who it is, and does its job.

import { type Frame, Op } from "../codec/frame.ts";
import type { Boot } from "../launch/job.ts";
import { tree } from "../tree/tree.ts";
import { VERSION } from "../util/version.ts";
import { Channel } from "./channel.ts";
import { nativeLink, portableLink } from "./link.ts";
import { rehearse, runJob } from "./run.ts";

function readBoot(channel: Channel): Boot {
  const { op, meta } = channel.read();
  const boot = meta as Boot;
  if (op !== Op.boot || boot?.version !== VERSION) {
    throw new Error(`A child of polyproc ${VERSION} was started by something else, or by another version (${boot?.version}).`);
  }
  return boot;
}

async function main(): Promise<void> {
  const channel = new Channel();
  const boot = readBoot(channel);
  tree.take(boot.family);
  // A job that is there already is read before a helper thread takes the channel.
  const job: Frame | undefined = boot.spare ? undefined : channel.read();
  const link = boot.library === undefined ? portableLink(channel, boot) : nativeLink(boot);
  // What nearly every target imports.
  if (boot.spare) await import("../../mod.ts");
  for (const module of boot.preload) await import(module).catch(() => {});
  if (boot.spare) await rehearse();
  await runJob(boot, job ?? (await link.nextJob()), link);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
