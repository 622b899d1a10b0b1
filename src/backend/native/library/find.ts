import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isInPackages } from "../../../runtime/paths.ts";
import { fs, modules } from "../../../util/lazy-modules.ts";
import { packageUrl } from "../../../util/package-urls.ts";
import { libc } from "./libc.ts";

const NAME = "polyproc.node";
const BUILT_FOR: readonly string[] = ["x64", "arm64"];

/** Returns the reason to report if the package has no library for this machine. */
export function notFound(): string {
  if (packageUrl.protocol !== "file:")
    return "the package was loaded from a URL, and a native library is a file: name one with POLYPROC_NATIVE or getContext(method, { library }), or install the package from npm";
  if (!BUILT_FOR.includes(process.arch)) return `there is no native library for ${process.arch}`;
  if (isInPackages(packageUrl.href))
    return `the package ${libraryPackage()} with the native library is not installed: install polyproc anew on this machine, with its optional dependencies, or name a library's file with POLYPROC_NATIVE`;
  return "the native library is not built: run `npm run build:native` in a clone of the repository (it needs a C compiler), or name a library's file with POLYPROC_NATIVE";
}

/** Returns the path in the variable POLYPROC_NATIVE, if it is set. */
export function libraryOfEnvironment(): string | undefined {
  try {
    return process.env.POLYPROC_NATIVE || undefined;
  } catch {
    // Deno without --allow-env can't read the variable.
    return undefined;
  }
}

/**
 * Returns the path of the package's own library: in a clone it is the one that was built there, else it is in the package for this machine,
 * such as `@polyproc/linux-x64-gnu`, which an installer adds to this one.
 */
export function ownLibrary(): string | undefined {
  if (packageUrl.protocol !== "file:") return undefined;
  const folder = `${process.platform}-${process.arch}`;
  // A clone's sources are beside the library, and its built JavaScript is in a folder beside it.
  const files = [".", ".."].map((up) => join(fileURLToPath(packageUrl), up, "native/build", folder, NAME));
  return files.find((file) => fs().existsSync(file)) ?? libraryOfPackage();
}

// Each installer puts packages elsewhere, so the runtime looks for this one as it does for an import.
function libraryOfPackage(): string | undefined {
  try {
    return modules().createRequire(packageUrl).resolve(`${libraryPackage()}/${NAME}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    return undefined;
  }
}

function libraryPackage(): string {
  return `@polyproc/${process.platform}-${process.arch}-${libc()}`;
}
