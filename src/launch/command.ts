import { fileURLToPath } from "node:url";
import { StateError } from "../errors/errors.ts";
import type { EntryOptions, Output, RuntimeName } from "../runtime/contract.ts";
import { runtime, runtimes } from "../runtime/current.ts";
import { hasInspectFlag, inspectFlag } from "../runtime/inspection.ts";
import { entryPath } from "../runtime/paths.ts";
import { CHILD_MARK, frozenProgram } from "../target/frozen.ts";
import { fs } from "../util/lazy-modules.ts";
import { ownModule } from "../util/package-urls.ts";
import { ownInspection } from "./debugging.ts";

/** A runtime for a child: a name, whose program is found on PATH, or a program with flags. */
export type ChildRuntime = RuntimeName | { readonly execPath: string | URL; readonly args?: readonly string[] };

/** Options that decide how a child's program is started. */
export interface CommandOptions {
  /** The runtime of the child. Default: the runtime of this process. */
  readonly runtime?: ChildRuntime;
  /** Flags for the child's runtime. They follow the flags that the child takes over from this process. Default: none. */
  readonly execArgv?: readonly string[];
  /** Environment variables that are added to those of this process. `undefined` removes a variable. Default: no changes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The child's working directory. Default: the working directory of this process. */
  readonly cwd?: string | URL;
  /**
   * The destination of the child's standard output. Default "inherit". With "pipe", about 1 MiB is read ahead of the program. A child that
   * writes more waits until the program reads `stdout`, so its end and its result wait too.
   */
  readonly stdout?: Output;
  /** The destination of the child's standard error, like `stdout`. Default "inherit". */
  readonly stderr?: Output;
}

let executable: string | undefined;

/**
 * Sets the program that runs the children which have the same runtime as this process.
 *
 * @param path the program's path or file URL; `null` means the program that runs this process, which is the default
 * @throws {TypeError} if `path` is not a path, a file URL or `null`
 *
 * @example
 * ```ts
 * setExecutable(process.execPath);
 * ```
 */
export function setExecutable(path: string | URL | null): void {
  if (path !== null && typeof path !== "string" && !(path instanceof URL))
    throw new TypeError("setExecutable takes a path, a file URL or null.");
  executable = path === null ? undefined : toPath(path);
}

export function toPath(path: string | URL): string {
  return path instanceof URL ? fileURLToPath(path) : path;
}

/** The first module that a child runs. */
const ENTRY: URL = ownModule("child/entry");

/** Whether the modules of this package have no files of their own, because a bundler has put them into the program. */
export function isBundled(): boolean {
  return isMissing(ENTRY);
}

/**
 * Throws `StateError` if no process can run as a child. A program that is no runtime would run its own main module in place of the child's
 * first module, and so start itself again and again.
 */
export function checkProgram(options: CommandOptions): void {
  const { foreignProgram: foreign } = runtime;
  const frozen = frozenProgram();
  if (frozen !== undefined && runsExecutable(options) && (options.execArgv ?? []).length > 0)
    throw new StateError(`A child of this program, which is ${foreign}, takes no flags of a runtime: leave execArgv out.`);
  if (frozen?.main !== undefined || runsExecutable(options)) return;
  const ownFile = `call \`await freezeSupport()\` in its main module, after the imports, and give each target a name by registerTarget(fn, name)`;
  const elsewhere = `{ runtime: "node", target: { module, name } }, where module is a file on the disk`;
  if (isBundled()) {
    const inside = `A child can't run polyproc's own modules, because a bundler has put them into the program: ${ENTRY.href} does not exist. To start children from this very program, ${ownFile}.`;
    throw new StateError(
      foreign === undefined
        ? `${inside} Or leave polyproc out of the bundle (esbuild --external:polyproc, bun build --external polyproc), and install it beside the program.`
        : `${inside} Or leave polyproc out of the program, which is ${foreign}. Install it beside the program, load it by the path of its file dist/mod.js, and start children with ${elsewhere}.`,
    );
  }
  if (foreign === undefined || options.runtime !== undefined || executable !== undefined) return;
  throw new StateError(
    `A child can't be started with this program, which is ${foreign}: it would run its own main module again. ${runtime.executable === undefined ? "Start" : `To start children from this very program, ${ownFile}. Or start`} children with ${elsewhere}. Or call setExecutable() with the path of a program of ${runtime.name}.`,
  );
}

/** Whether a child with these options runs the executable file that contains this program. */
function runsExecutable(options: CommandOptions): boolean {
  return frozenProgram()?.executable !== undefined && options.runtime === undefined && executable === undefined;
}

function isMissing(module: URL): boolean {
  if (module.protocol !== "file:") return false;
  try {
    fs().statSync(module);
    return false;
  } catch (error) {
    // Without the permission to look, the file is probably there: this process has loaded its neighbours.
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/** The things that a child needs in addition to its caller's options. */
export type Provisions = Pick<EntryOptions, "writable" | "library" | "memory">;

/** A child's program with its arguments, and whether the child may load the native library. */
export interface ChildProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly loadsLibrary: boolean;
}

/** Returns the program and arguments that run a child with these options. */
export function commandFor(options: CommandOptions, provisions: Provisions): ChildProgram {
  const frozen = frozenProgram();
  if (frozen?.executable !== undefined && runsExecutable(options))
    return { file: frozen.executable, args: [CHILD_MARK], loadsLibrary: runtime.childLoadsLibrary([]) };
  const wanted = options.runtime ?? runtime.name;
  const cwd = options.cwd === undefined ? undefined : toPath(options.cwd);
  const { main: entry = ENTRY } = frozen ?? {};
  const mark = entry === ENTRY ? [] : [CHILD_MARK];
  const users = options.execArgv ?? [];
  const inspection = ownInspection();
  const inspected = inspection === undefined || typeof wanted === "object" || hasInspectFlag(users) ? [] : [inspectFlag(inspection)];
  const entryOptions: EntryOptions = { ...provisions, entry, cwd, execArgv: [...inspected, ...users] };
  if (typeof wanted === "object") {
    return {
      file: toPath(wanted.execPath),
      args: [...(wanted.args ?? []), ...entryOptions.execArgv, entryPath(entry), ...mark],
      loadsLibrary: false,
    };
  }
  const chosen = runtimes[wanted];
  const file = chosen === runtime && executable !== undefined ? executable : chosen.execPath;
  const args = [...chosen.entryArguments(entryOptions), ...mark];
  return { file, args, loadsLibrary: chosen.childLoadsLibrary(args) };
}
