import { fileURLToPath } from "node:url";
import { type LaunchOptions, type Output, type RuntimeName, runtime, runtimes } from "../runtime/current.ts";
import { entryPath } from "../runtime/shared.ts";

/** Another runtime for a child: by name, found on PATH, or by program and flags. */
export type ChildRuntime = RuntimeName | { readonly execPath: string | URL; readonly args?: readonly string[] };

/** What decides how a child's program is started. */
export interface CommandOptions {
  readonly runtime?: ChildRuntime;
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string | URL;
  readonly stdout?: Output;
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

/** What a child is to be given besides what its caller asked for. */
export type Provisions = Pick<LaunchOptions, "writable" | "library" | "memory">;

/** The program and its arguments that run `entry` as a child asked for by `options`, and whether it may load the native library. */
export function commandFor(
  entry: URL,
  options: CommandOptions,
  provisions: Provisions,
): { file: string; args: string[]; loadsLibrary: boolean } {
  const wanted = options.runtime ?? runtime.name;
  const launch: LaunchOptions = { ...provisions, entry, execArgv: options.execArgv ?? [] };
  if (typeof wanted === "object") {
    return { file: toPath(wanted.execPath), args: [...(wanted.args ?? []), ...launch.execArgv, entryPath(entry)], loadsLibrary: false };
  }
  const chosen = runtimes[wanted];
  const file = chosen === runtime && executable !== undefined ? executable : chosen.execPath;
  const args = chosen.launchArguments(launch);
  return { file, args, loadsLibrary: chosen.childLoadsLibrary(args) };
}
