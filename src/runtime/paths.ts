import { fileURLToPath } from "node:url";

/** Returns a module as an argument of a command line. Node and Bun take a file by its path, and not by its URL. */
export function entryPath(entry: URL): string {
  return entry.protocol === "file:" ? fileURLToPath(entry) : entry.href;
}

/** Whether a module, by URL or path, belongs to an installed package. */
export function isInPackages(module: string): boolean {
  return module.includes("/node_modules/");
}
