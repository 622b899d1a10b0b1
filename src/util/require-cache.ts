import { modules } from "./lazy-modules.ts";

/** What `require` has loaded, by path. Bun lists ES modules here too. */
export function requireCache(): NodeJS.Dict<NodeJS.Module> {
  // Any file will do. This module may come from a URL, or have no URL in a bundle.
  return modules().createRequire(process.execPath).cache ?? {};
}
