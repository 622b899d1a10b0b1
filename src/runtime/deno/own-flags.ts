import { pathToFileURL } from "node:url";
import { absolute } from "../start-folder.ts";
import type { DenoFlag } from "./command-line.ts";

// How the value of a flag is carried over: as it is, as a path, or as a module or another thing that is a path or a URL.
type Carry = (value: string) => string;
const asItIs: Carry = (value) => value;
const path: Carry = absolute;
const pathOrUrl: Carry = (value) => (/^[a-z][a-z0-9+.-]+:/i.test(value) ? value : absolute(value));
const moduleOf: Carry = (value) => (/^\.{0,2}\//.test(value) ? pathToFileURL(absolute(value)).href : value);

// The flags that children get too. Others say what to run, or take a port, watch files or set variables, which children get anyway.
// --reload is left out, because a child would load again what its parent has loaded just now.
const CARRIED: Readonly<Record<string, Carry>> = {
  "allow-scripts": asItIs,
  "cached-only": asItIs,
  cert: path,
  conditions: asItIs,
  config: pathOrUrl,
  coverage: path,
  frozen: asItIs,
  "frozen-lockfile": asItIs,
  // Another name of --preload, which Deno's help does not list.
  import: moduleOf,
  "import-map": pathOrUrl,
  location: asItIs,
  lock: path,
  "log-level": asItIs,
  "min-dep-age": asItIs,
  "minimum-dependency-age": asItIs,
  "no-code-cache": asItIs,
  "no-config": asItIs,
  "no-lock": asItIs,
  "no-npm": asItIs,
  "no-remote": asItIs,
  "node-modules-dir": asItIs,
  "node-modules-linker": asItIs,
  preload: moduleOf,
  quiet: asItIs,
  require: moduleOf,
  seed: asItIs,
  "unsafely-ignore-certificate-errors": asItIs,
  "use-env-proxy": asItIs,
  "v8-flags": asItIs,
  vendor: asItIs,
};

/** Returns those of this process's flags that its children get too. Paths are made absolute. Permissions are not among them. */
export function carriedDenoFlags(own: readonly DenoFlag[]): string[] {
  return own.flatMap(({ name, value }) => {
    const carry = name.startsWith("unstable") ? asItIs : CARRIED[name];
    if (carry === undefined) return [];
    return [value === undefined ? `--${name}` : `--${name}=${carry(value)}`];
  });
}
