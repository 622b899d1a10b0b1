import { util } from "../util/lazy-modules.ts";
import { isOwnModule } from "../util/package-urls.ts";
import { urlOfPath } from "./url-of-path.ts";

type Prepare = (error: Error, sites: readonly { getFileName(): string | null | undefined }[]) => unknown;

const MOST_FRAMES = 100;

/** Returns the URLs of the program's modules on the call stack, the nearest caller first. Modules of this package are left out. */
export function callerModules(): string[] {
  const urls = callerFiles().flatMap((file) => urlOfPath(file) ?? (/^(file|https?|data|blob):/.test(file) ? file : []));
  return [...new Set(urls)].filter((url) => !isOwnModule(url));
}

// Reads the file names from call sites. In a printed stack, a path with spaces or brackets would be ambiguous.
// `util.getCallSites` is not used: on Node it stops at the nearest `await` and so misses the callers of an async function, and its file
// names are those of source maps, which name files that can't be imported.
function callerFiles(): string[] {
  // Frozen intrinsics, as with `node --frozen-intrinsics`, can't be asked for call sites.
  if (Object.isFrozen(Error))
    return (
      util()
        .getCallSites?.(MOST_FRAMES)
        .map(({ scriptName }) => scriptName) ?? []
    );
  const holder = Error as unknown as { prepareStackTrace: Prepare | undefined; stackTraceLimit: number };
  const { prepareStackTrace, stackTraceLimit } = holder;
  let files: (string | null | undefined)[] = [];
  holder.stackTraceLimit = MOST_FRAMES;
  holder.prepareStackTrace = (_error, sites) => {
    files = sites.map((site) => site.getFileName());
    return "";
  };
  try {
    void new Error("stack").stack;
  } finally {
    holder.prepareStackTrace = prepareStackTrace;
    holder.stackTraceLimit = stackTraceLimit;
  }
  return files.filter((file) => typeof file === "string");
}
