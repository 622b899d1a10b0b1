import { fileURLToPath } from "node:url";
import { type LaunchOptions, type Output, type RuntimeName, runtime, runtimes } from "../runtime/runtime.ts";
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

/** The program and its arguments that run `entry` as a child asked for by `options`. */
export function commandFor(entry: URL, options: CommandOptions, writable: readonly string[]): { file: string; args: string[] } {
  const wanted = options.runtime ?? runtime.name;
  const launch: LaunchOptions = { entry, execArgv: options.execArgv ?? [], writable };
  if (typeof wanted === "object") {
    return { file: toPath(wanted.execPath), args: [...(wanted.args ?? []), ...launch.execArgv, entryPath(entry)] };
  }
  const chosen = runtimes[wanted];
  const file = chosen === runtime && executable !== undefined ? executable : chosen.execPath;
  return { file, args: chosen.launchArguments(launch) };
}
