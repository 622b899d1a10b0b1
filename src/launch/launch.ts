import { dirname } from "node:path";
import type { Limits, Listener, Message, Offspring } from "../backend/contract/backend.ts";
import { loadedLibrary } from "../backend/native/library/library.ts";
import { type BackendName, chooseBackend, portableBackend } from "../backend/registry.ts";
import { encodeFrame, Op } from "../codec/frame.ts";
import { ProcessError, UnsupportedError } from "../errors/errors.ts";
import { type Exit, runtime } from "../runtime/current.ts";
import { tree } from "../tree/tree.ts";
import { fs, os } from "../util/lazy-modules.ts";
import { ownModule } from "../util/package-urls.ts";
import { endsWithin } from "../util/timing.ts";
import { VERSION } from "../util/version.ts";
import { type CommandOptions, commandFor, type Provisions, toPath } from "./command.ts";
import type { Boot, Job } from "./job.ts";
import { type Output, readOutput } from "./output.ts";
import { currentPlace } from "./position.ts";

/** How long a dead child's piped stderr may still take to be read. */
const TAIL_LIMIT = 500;

/** How long the news that a dead child's line is closed may take: it is on its way when the process has ended. */
const LINE_LIMIT = 1000;

/** How a child ended. */
export interface Ending {
  /** Minus the signal's number when killed, as in Python. */
  readonly exitCode: number;
  readonly signal: string | null;
  /** The last lines of its stderr, where that is piped. */
  readonly stderr: string;
}

/** A child that exists. */
export interface Child {
  readonly pid: number;
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  /** Settles exactly once; never rejects. */
  readonly ended: Promise<Ending>;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
  /** Where the backend has blocking calls: how it ended, if it has. */
  endNow?(): Ending | undefined;
  /** Gives the child what it is to do, and hears its reports. */
  work(job: Omit<Job, "door">, cargo: Message, listen: Listener): void;
}

export interface LaunchSettings extends CommandOptions {
  readonly detached?: boolean;
  readonly preload?: readonly string[];
  readonly spare?: boolean;
  readonly backend?: BackendName | undefined;
  readonly limits?: Limits | undefined;
}

const entry = ownModule("child/entry");

/** Starts a child process and gives it its place in the tree. Rejects if its program can't be run. */
export async function launch(settings: LaunchSettings): Promise<Child> {
  let offspring: Offspring | undefined;
  try {
    offspring = await spawn(settings);
    for (const piece of encodeFrame({ op: Op.boot, id: 0, object: 0, meta: boot(settings, offspring) })) offspring.write(piece);
    await offspring.started;
    return watch(offspring);
  } catch (error) {
    offspring?.nursery.tidy();
    throw startFailure(error, settings);
  }
}

function spawn(settings: LaunchSettings): Promise<Offspring> {
  const { env = {}, cwd, stdout = "inherit", stderr = "inherit", detached = false, limits } = settings;
  const { loadsLibrary, ...command } = commandFor(entry, settings, provisions(settings));
  const wanted = chooseBackend(settings.backend);
  // Who can't load the library, or must not, is started in the way that needs none.
  const isPortable = !loadsLibrary || env.POLYPROC_BACKEND === "portable" || !runtime.mayRun(command.file);
  if (isPortable && limits !== undefined)
    throw new UnsupportedError("limits need a child that may load the native library: leave them out.");
  const backend = isPortable ? portableBackend() : wanted;
  return backend.spawn({ ...command, env, cwd: cwd === undefined ? undefined : toPath(cwd), stdout, stderr }, detached, limits);
}

function provisions({ detached = false, limits }: LaunchSettings): Provisions {
  // A detached child has a folder of its own, which is not there yet.
  const { folder } = tree.family;
  return { writable: [detached ? dirname(folder) : folder], library: loadedLibrary()?.path, memory: limits?.memory };
}

function boot({ detached = false, preload = [], spare = false }: LaunchSettings, { nursery, native }: Offspring): Boot {
  const { family, orphaned } = nursery;
  const library = native ? loadedLibrary() : undefined;
  return { version: VERSION, family, orphaned, library, detached, depth: currentPlace().depth + 1, parentPid: process.pid, preload, spare };
}

function watch(offspring: Offspring): Child {
  const { child, nursery } = offspring;
  const stdout = child.stdout === null ? undefined : readOutput(child.stdout);
  const stderr = child.stderr === null ? undefined : readOutput(child.stderr);
  const ended = child.exited.then(async ({ code, signal }): Promise<Ending> => {
    nursery.tidy();
    // Whoever hears of the end finds nothing held or awaited by the dead in this process.
    await endsWithin(offspring.closed(), { timeout: LINE_LIMIT, signal: undefined });
    offspring.release();
    return { exitCode: exitCode(code, signal), signal, stderr: await lastLines(stderr) };
  });
  return {
    pid: child.pid,
    stdout: stdout?.stream ?? null,
    stderr: stderr?.stream ?? null,
    ended,
    kill: (signal) => child.kill(signal),
    endNow: offspring.endNow && (() => endingOf(offspring.endNow?.())),
    work: (job, cargo, listen) => {
      const door = offspring.openDoor(listen);
      for (const piece of encodeFrame({ op: Op.job, id: 0, object: 0, meta: { ...job, door }, message: cargo })) offspring.write(piece);
    },
  };
}

function endingOf(exit: Exit | undefined): Ending | undefined {
  return exit && { exitCode: exitCode(exit.code, exit.signal), signal: exit.signal, stderr: "" };
}

async function lastLines(stderr: Output | undefined): Promise<string> {
  if (stderr === undefined) return "";
  // A grandchild may keep the pipe open.
  await endsWithin(stderr.ended, { timeout: TAIL_LIMIT, signal: undefined });
  return stderr.tail();
}

function exitCode(code: number | null, signal: string | null): number {
  if (signal === null) return code ?? 0;
  return -((os().constants.signals as Readonly<Record<string, number>>)[signal] ?? 0);
}

function startFailure(error: unknown, settings: LaunchSettings): unknown {
  if (error instanceof ProcessError || error instanceof TypeError) return error;
  const { cwd } = settings;
  const why = error instanceof Error ? error.message : String(error);
  if (cwd !== undefined && !fs().existsSync(cwd))
    return new ProcessError(`The process could not be started: its cwd ${toPath(cwd)} does not exist.`, { cause: error });
  const { file } = commandFor(entry, settings, { writable: [] });
  const hint = isDenied(error) ? ` ${runtime.needs}` : "";
  return new ProcessError(
    `The process could not be started: ${why}. Its program is ${JSON.stringify(file)}: is it there, and may it be run?${hint}`,
    { cause: error },
  );
}

// A runtime's own permissions, not the system's.
function isDenied(error: unknown): boolean {
  return error instanceof Error && (error.name === "NotCapable" || (error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED");
}
