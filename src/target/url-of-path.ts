import { pathToFileURL } from "node:url";

/** The URL of a file of which a runtime gave the absolute path; `undefined` for anything else, such as a URL or a name. */
export function urlOfPath(path: string): string | undefined {
  return path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path) ? pathToFileURL(path).href : undefined;
}
