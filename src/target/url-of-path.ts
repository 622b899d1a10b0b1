import { pathToFileURL } from "node:url";
import { fs } from "../util/lazy-modules.ts";

/** Returns the URL of a file from its absolute path, and `undefined` for anything else, such as a URL or a name. */
export function urlOfPath(path: string): string | undefined {
  return path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path) ? pathToFileURL(path).href : undefined;
}

/** Like {@link urlOfPath}, for the path of a loaded module. On Bun it may have the query of the module's URL at its end. */
export function urlOfLoaded(path: string): string | undefined {
  const query = path.lastIndexOf("?");
  if (query < 0 || fs().existsSync(path)) return urlOfPath(path);
  const url = urlOfPath(path.slice(0, query));
  return url === undefined ? undefined : `${url}${path.slice(query)}`;
}
