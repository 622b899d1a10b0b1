import { dirname } from "node:path";
import type { Launched, Limits } from "../backend/contract/launcher.ts";
import { backendToStart, chooseBackend, loadedLibrary } from "../backend/registry.ts";
import { encodeFrame } from "../codec/frame-writer.ts";
import { Op } from "../codec/op.ts";
import { UnsupportedError } from "../errors/errors.ts";
import { needingFilesLater } from "../objects/unclosed.ts";
import { runtime } from "../runtime/current.ts";
import { type ChildMembership, tree } from "../tree/tree.ts";
import { VERSION } from "../util/version.ts";
import { Child } from "./child.ts";
import { type CommandOptions, commandFor, ENTRY, type Provisions, toPath } from "./command.ts";
import type { Boot } from "./job.ts";
import { count } from "./may-start.ts";
import { currentPosition } from "./position.ts";
import { startFailure } from "./start-failure.ts";

/** The settings that decide how a child is started. They do not depend on its job. */
export interface LaunchSettings extends CommandOptions {
  readonly detached?: boolean;
  readonly preload?: readonly string[];
  /** Whether the child is a spare one, which gets its job later. */
  readonly spare?: boolean;
  readonly backend?: string | undefined;
  readonly limits?: Limits | undefined;
}

/** Starts a child process, and sends it its membership in the tree. Rejects if the child's program can't be run. */
export function launch(settings: LaunchSettings): Promise<Child> {
  return needingFilesLater(() => launchOnce(settings));
}

async function launchOnce(settings: LaunchSettings): Promise<Child> {
  let child: ChildMembership | undefined;
  let launched: Launched | undefined;
  try {
    const { env = {}, cwd, stdout = "inherit", stderr = "inherit", detached = false, limits } = settings;
    // The backend is chosen first, because that loads the native library. A child gets the permission to load the library only if its
    // parent has loaded it.
    const preferred = chooseBackend(settings.backend);
    const { loadsLibrary, ...program } = commandFor(ENTRY, settings, provisions(settings));
    const { name, features, launcher } = backendToStart({ file: program.file, env, loadsLibrary }, preferred);
    if (limits !== undefined && !features.limits)
      throw new UnsupportedError("limits need a child that may load the native library: leave them out.");
    const command = { ...program, env, cwd: cwd === undefined ? undefined : toPath(cwd), stdout, stderr };
    if (stdout === "inherit" || stderr === "inherit") runtime.shareOutput(true);
    child = tree.prepareChild(detached);
    count(child.counting);
    launched = await launcher.start(command, { limits, detached });
    child.counting.setPid(launched.process.pid);
    for (const piece of encodeFrame({ op: Op.boot, id: 0, object: 0, meta: boot(settings, child, name, launched) }))
      launched.channel.write(piece);
    await launched.started;
    return new Child(launched, child);
  } catch (error) {
    launched?.process.kill("SIGKILL");
    child?.tidy();
    throw startFailure(error, settings, ENTRY);
  }
}

function provisions({ detached = false, limits }: LaunchSettings): Provisions {
  // A detached child has a folder of its own, which does not exist yet.
  const { folder } = tree.membership;
  return { writable: [detached ? dirname(folder) : folder], library: loadedLibrary(), memory: limits?.memory };
}

function boot(
  { detached = false, preload = [], spare = false }: LaunchSettings,
  { membership, orphaned }: ChildMembership,
  backend: string,
  { forChild }: Launched,
): Boot {
  const position = { depth: currentPosition().depth + 1, parentPid: process.pid };
  return { version: VERSION, membership, orphaned, backend, forChild, detached, ...position, preload, spare };
}
