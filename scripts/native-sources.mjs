// Where the C sources are, for all scripts that compile them.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** The compiler finds headers by their path below native/src, such as "wait/futex.h". */
export const INCLUDE = "-Inative/src";

/** All files below native/src whose names match, as paths below the repository's root, in a fixed order. */
export function nativeFiles(pattern) {
  return readdirSync(join(root, "native/src"), { recursive: true })
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => `native/src/${name}`);
}

/** The C sources. */
export function nativeSources() {
  return nativeFiles(/\.c$/);
}
