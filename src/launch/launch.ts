import { dirname } from "node:path";
import type { Backend } from "../backend/contract/backend.ts";
import type { Launched, Limits } from "../backend/contract/launcher.ts";
import { backendToStart, chooseBackend, loadedLibrary } from "../backend/registry.ts";
import { encodeFrame } from "../codec/frame-writer.ts";
import { Op } from "../codec/op.ts";
import { UnsupportedError } from "../errors/errors.ts";
import { needingFilesLater } from "../objects/unclosed.ts";
import type { Command } from "../runtime/contract.ts";
import { runtime } from "../runtime/current.ts";
import { variablesElsewhere } from "../runtime/options-variables.ts";
import { isElsewhere } from "../runtime/start-folder.ts";
import { type ChildMembership, tree } from "../tree/tree.ts";
import { VERSION } from "../util/version.ts";
import { workingFolder } from "../util/working-folder.ts";
import { Child } from "./child.ts";
import { type CommandOptions, commandFor, type Provisions, toPath } from "./command.ts";
import type { Boot } from "./job.ts";
import { count } from "./may-start.ts";
import { currentPosition } from "./position.ts";
import { startFailure } from "./start-failure.ts";

/** The settings that decide how a child is started. They do not depend on its job. */
export interface LaunchSettings extends CommandOptions {
  readonly detached?: boolean;
  readonly preload?: readonly string[];
  readonly backend?: string | undefined;
  readonly limits?: Limits | undefined;
  /** The group of agents that a child on another host is for. */
  readonly group?: string | undefined;
}

/** How a child is to be started. It was decided at one moment, and what the program changes afterwards has no effect on it. */
export interface Plan {
  readonly settings: LaunchSettings;
  readonly command: Command;
  readonly backend: Backend;
  /** The working folder of this process at that moment. */
  readonly folder: string | undefined;
}

/** Decides how a child with these settings is started: with the program, flags, environment and working folder of this moment. */
export function planLaunch(settings: LaunchSettings): Plan {
  try {
    const { env = {}, cwd, stdout = "inherit", stderr = "inherit", limits, detached = false } = settings;
    // The backend is chosen first, because that loads the native library. A child gets the permission to load the library only if its
    // parent has loaded it.
    const preferred = chooseBackend(settings.backend);
    const { loadsLibrary, ...program } = commandFor(settings, provisions(settings));
    const backend = backendToStart({ file: program.file, env, loadsLibrary }, preferred);
    if (limits !== undefined && !backend.features.limits)
      throw new UnsupportedError("limits need a child that may load the native library: leave them out.");
    const own = runtime.environment();
    const path = cwd === undefined ? undefined : toPath(cwd);
    const environment = own && { ...own, ...(isElsewhere(path) ? variablesElsewhere(own) : {}) };
    const command = { ...program, environment, env, cwd: path, stdout, stderr, detached };
    return { settings, command, backend, folder: workingFolder() };
  } catch (error) {
    throw startFailure(error, settings);
  }
}

/**
 * Starts a child process, and sends it its membership in the tree. Rejects if the child's program can't be run.
 *
 * @param spare whether the child's job comes later
 */
export function launch(plan: Plan, spare: boolean = false): Promise<Child> {
  return needingFilesLater(() => launchOnce(plan, spare));
}

async function launchOnce({ settings, command, backend, folder }: Plan, spare: boolean): Promise<Child> {
  let child: ChildMembership | undefined;
  let launched: Launched | undefined;
  try {
    const { detached = false } = settings;
    child = tree.prepareChild(detached);
    count(child.counting);
    // A child takes over the working folder of its parent by itself. The folder is named only if the parent has left it since.
    const cwd = command.cwd ?? (folder === workingFolder() ? undefined : folder);
    if (command.stdout === "inherit" || command.stderr === "inherit") runtime.shareOutput(true);
    launched = await backend.launcher.start({ ...command, cwd }, { limits: settings.limits, detached });
    child.counting.setPid(launched.process.pid);
    const opening = encodeFrame({ op: Op.boot, id: 0, object: 0, meta: boot(settings, spare, child, backend.name, launched) });
    // The job of any other child follows at once.
    if (spare) for (const piece of opening.splice(0)) launched.channel.write(piece);
    await launched.started;
    return new Child(launched, child, opening);
  } catch (error) {
    launched?.process.kill("SIGKILL");
    child?.tidy();
    throw startFailure(error, settings);
  }
}

function provisions({ detached = false, limits }: LaunchSettings): Provisions {
  // A detached child has a folder of its own, which does not exist yet.
  const { folder } = tree.membership;
  return { writable: [detached ? dirname(folder) : folder], library: loadedLibrary(), memory: limits?.memory };
}

function boot(
  { detached = false, preload = [] }: LaunchSettings,
  spare: boolean,
  { membership, orphaned }: ChildMembership,
  backend: string,
  { forChild }: Launched,
): Boot {
  const position = { depth: currentPosition().depth + 1, parentPid: process.pid };
  return { version: VERSION, membership, orphaned, backend, forChild, detached, ...position, preload, spare };
}
