import { pathToFileURL } from "node:url";

/** Returns the URL of a file from its absolute path, and `undefined` for anything else, such as a URL or a name. */
export function urlOfPath(path: string): string | undefined {
  return path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path) ? pathToFileURL(path).href : undefined;
}
