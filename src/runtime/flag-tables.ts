import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { modules } from "../util/lazy-modules.ts";
import type { FlagTable } from "./child-flags.ts";
import { importConditions } from "./conditions.ts";

type ResolveWith = (specifier: string, options: { conditions: ReadonlySet<string> }) => string;

/** What the flags of Node, and the variable NODE_OPTIONS, mean for children. */
export const nodeFlags: FlagTable = {
  left: /^(-[epci]|--(eval|print|check|interactive|input-type|inspect|debug-port|watch|test|bench|run|build-|snapshot-blob|entry-url|env-file|cpu-prof-name|heap-prof-name|experimental-(test|bench|sea)).*)$/,
  paths: new Set([
    "--allow-fs-read",
    "--allow-fs-write",
    "--cpu-prof-dir",
    "--diagnostic-dir",
    "--experimental-config-file",
    "--experimental-package-map",
    "--heap-prof-dir",
    "--icu-data-dir",
    "--localstorage-file",
    "--openssl-config",
    "--redirect-warnings",
    "--report-dir",
    "--report-directory",
    "--tls-keylog",
    "--trace-event-file-pattern",
  ]),
  modules: new Map([
    ["-r", required],
    ["--require", required],
    ["--import", imported],
    ["--loader", imported],
    ["--experimental-loader", imported],
  ]),
};

/** What the flags of Bun, and the variable BUN_OPTIONS, mean for children. */
export const bunFlags: FlagTable = {
  left: /^(-[ep]|--(eval|print|check|interactive|inspect|watch|hot|no-clear-screen|cwd|env-file|if-present|cpu-prof-name|heap-prof-name).*)$/,
  paths: new Set(["-c", "--config", "--tsconfig-override", "--cpu-prof-dir", "--heap-prof-dir", "--redirect-warnings"]),
  modules: new Map(["-r", "--preload", "--require", "--import"].map((name) => [name, required])),
};

// Node's own name for the module that asks does not matter, but it must lie in the folder.
function required(specifier: string, folder: string): string {
  return isRelative(specifier) ? resolve(folder, specifier) : modules().createRequire(join(folder, "_.js")).resolve(specifier);
}

function imported(specifier: string, folder: string): string {
  if (isRelative(specifier)) return pathToFileURL(resolve(folder, specifier)).href;
  const { resolve: find } = modules().createRequire(join(folder, "_.js")) as { resolve: ResolveWith };
  return pathToFileURL(find(specifier, { conditions: importConditions() })).href;
}

function isRelative(specifier: string): boolean {
  return /^\.{1,2}(\/|$)/.test(specifier);
}
