// The first module that a child runs: it learns from its stdin who it is, and does its job.

import { currentBackend } from "../backend/select.ts";
import type { Boot } from "../process/job.ts";
import { VERSION } from "../process/version.ts";
import { runtime } from "../runtime/runtime.ts";
import { type Frame, Op } from "../wire/frame.ts";
import { Channel } from "./channel.ts";
import { runJob } from "./run.ts";

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
  currentBackend().join(boot.family);
  // A job that is there already is read before the helper thread takes the channel.
  const job: Frame | undefined = boot.spare ? undefined : channel.read();
  channel.watch(boot);
  runtime.emptyStdin();
  for (const module of boot.preload) await import(module).catch(() => {});
  await runJob(boot, job ?? (await channel.next()), channel.ended);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
