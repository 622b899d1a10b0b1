import { util } from "../util/lazy-modules.ts";
import { isOwnModule } from "../util/package-urls.ts";
import { urlOfLoaded, urlOfPath } from "./url-of-path.ts";

/** A frame of the call stack. */
interface CallSite {
  getFileName(): string | null | undefined;
  getScriptNameOrSourceURL?(): string | null | undefined;
}

type Prepare = (error: Error, sites: readonly CallSite[]) => unknown;

const IS_URL = /^(file|https?|data|blob):/;

const MOST_FRAMES = 100;

/** Returns the URLs of the program's modules on the call stack, the nearest caller first. Modules of this package are left out. */
export function callerModules(): string[] {
  return [...new Set(callerUrls())].filter((url) => !isOwnModule(url));
}

function callerUrls(called?: object): string[] {
  return callerFiles(called).flatMap((file) => (IS_URL.test(file) ? file : (urlOfLoaded(file) ?? [])));
}

/** Returns the URL of the module that calls the function `called`, which is on the stack. It may be a bundle that contains this package. */
export function callingModule(called: object): string | undefined {
  return callerUrls(called)[0];
}

/** Whether the stack shows this very module where the package's modules are. A bundler may have written down where they were once. */
export function isInPlace(): boolean {
  const [own] = callerFiles();
  const url = own === undefined || IS_URL.test(own) ? own : urlOfPath(own);
  return url === undefined || isOwnModule(url);
}

// Reads the file names from call sites. In a printed stack, a path with spaces or brackets would be ambiguous.
// `util.getCallSites` is not used: on Node it stops at the nearest `await` and so misses the callers of an async function, and its file
// names are those of source maps, which name files that can't be imported.
function callerFiles(called?: object): string[] {
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
    files = sites.map(fileOf);
    return "";
  };
  try {
    const error = new Error("stack");
    // The frames above the call are left out.
    if (called !== undefined) Error.captureStackTrace(error, called as () => unknown);
    void error.stack;
  } finally {
    holder.prepareStackTrace = prepareStackTrace;
    holder.stackTraceLimit = stackTraceLimit;
  }
  return files.filter((file) => typeof file === "string");
}

// Where Deno's call sites have a path, it may come from a source map, and it lacks the URL's query. The script's own name has neither fault.
// Elsewhere that name may come from a comment in the text.
function fileOf(site: CallSite): string | null | undefined {
  const file = site.getFileName();
  const script = typeof file === "string" && IS_URL.test(file) ? file : site.getScriptNameOrSourceURL?.();
  return typeof script === "string" && IS_URL.test(script) ? script : file;
}
