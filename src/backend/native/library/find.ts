import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fs } from "../../../util/lazy-modules.ts";
import { packageUrl } from "../../../util/package-urls.ts";

const NAME = "polyproc.node";

/** The reason to report if the package has no library for this machine. */
export const NOT_FOUND: string =
  packageUrl.protocol === "file:"
    ? "the native library is not built: run `npm run build:native` in a clone of the repository (it needs a C compiler); for an installed package, name the file with POLYPROC_NATIVE"
    : "the package was loaded from a URL, and a native library is a file: name one with POLYPROC_NATIVE or getContext(method, { library }), or install the package from npm";

/** Returns the path in the variable POLYPROC_NATIVE, if it is set. */
export function libraryOfEnvironment(): string | undefined {
  try {
    return process.env.POLYPROC_NATIVE || undefined;
  } catch {
    // Deno without --allow-env can't read the variable.
    return undefined;
  }
}

/** Returns the path of the package's own library. It is beside the sources or beside the built JavaScript, and nowhere else. */
export function ownLibrary(): string | undefined {
  if (packageUrl.protocol !== "file:") return undefined;
  const folder = `${process.platform}-${process.arch}`;
  const files = [".", ".."].map((up) => join(fileURLToPath(packageUrl), up, "native/build", folder, NAME));
  return files.find((file) => fs().existsSync(file));
}
