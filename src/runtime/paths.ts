import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** Returns a module as an argument of a command line. Node and Bun take a file by its path, and not by its URL. */
export function entryPath(entry: URL): string {
  return entry.protocol === "file:" ? fileURLToPath(entry) : entry.href;
}

/** Whether a module, by URL or path, belongs to an installed package. */
export function isInPackages(module: string): boolean {
  return /[\\/]node_modules[\\/]/.test(module);
}

/** Returns the folder of the installed package that a module belongs to, or `undefined` if it belongs to none. */
export function packageOf(module: string): string | undefined {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+[\\/]/.exec(module)?.[0];
}

/** Describes a program whose file does not have a runtime's name. Returns `undefined` for one that has it. */
export function unlikeRuntime(execPath: string, name: RegExp): string | undefined {
  return name.test(basename(execPath)) ? undefined : `the program ${execPath}, which does not have the name of a runtime`;
}
