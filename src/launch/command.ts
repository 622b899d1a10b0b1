import { fileURLToPath } from "node:url";
import type { EntryOptions, Output, RuntimeName } from "../runtime/contract.ts";
import { runtime, runtimes } from "../runtime/current.ts";
import { entryPath } from "../runtime/paths.ts";

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
  /** The destination of the child's standard output. Default "inherit". */
  readonly stdout?: Output;
  /** The destination of the child's standard error. Default "inherit". */
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

/** The things that a child needs in addition to its caller's options. */
export type Provisions = Pick<EntryOptions, "writable" | "library" | "memory">;

/** A child's program with its arguments, and whether the child may load the native library. */
export interface ChildProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly loadsLibrary: boolean;
}

/** Returns the program and arguments that run `entry` as a child with these options. */
export function commandFor(entry: URL, options: CommandOptions, provisions: Provisions): ChildProgram {
  const wanted = options.runtime ?? runtime.name;
  const entryOptions: EntryOptions = { ...provisions, entry, execArgv: options.execArgv ?? [] };
  if (typeof wanted === "object") {
    return {
      file: toPath(wanted.execPath),
      args: [...(wanted.args ?? []), ...entryOptions.execArgv, entryPath(entry)],
      loadsLibrary: false,
    };
  }
  const chosen = runtimes[wanted];
  const file = chosen === runtime && executable !== undefined ? executable : chosen.execPath;
  const args = chosen.entryArguments(entryOptions);
  return { file, args, loadsLibrary: chosen.childLoadsLibrary(args) };
}
