import { fileURLToPath } from "node:url";
import type { EntryOptions, Output, RuntimeName } from "../runtime/contract.ts";
import { runtime, runtimes } from "../runtime/current.ts";
import { entryPath } from "../runtime/paths.ts";

/** Another runtime for a child: by its name, found on PATH, or by program and flags. */
export type ChildRuntime = RuntimeName | { readonly execPath: string | URL; readonly args?: readonly string[] };

/** What decides how a child's program is started. */
export interface CommandOptions {
  /** Default: this process's own runtime. */
  readonly runtime?: ChildRuntime;
  /** Flags for the child's runtime, after those that are carried over. */
  readonly execArgv?: readonly string[];
  /** Added to this process's environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The child's working directory. Default: this process's own. */
  readonly cwd?: string | URL;
  /** Default "inherit". */
  readonly stdout?: Output;
  /** Default "inherit". */
  readonly stderr?: Output;
}

let executable: string | undefined;

/**
 * Sets the program that runs children of this runtime, instead of the one that runs this process; `null` for that one again.
 *
 * @throws {TypeError} for anything but a path, a file URL or `null`
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

/** What a child needs besides what its caller asked for. */
export type Provisions = Pick<EntryOptions, "writable" | "library" | "memory">;

/** A child's program with its arguments, and whether the child may load the native library. */
export interface ChildProgram {
  readonly file: string;
  readonly args: readonly string[];
  readonly loadsLibrary: boolean;
}

/** The program that runs `entry` as a child with these options. */
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
