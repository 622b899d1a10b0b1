import { pathToFileURL } from "node:url";
import { isOwnModule } from "../util/package-urls.ts";

type Prepare = (error: Error, sites: readonly { getFileName(): string | null | undefined }[]) => unknown;

/** The modules whose calls led here, the nearest first. */
export function callerModules(): string[] {
  const holder = Error as unknown as { prepareStackTrace: Prepare | undefined; stackTraceLimit: number };
  const { prepareStackTrace, stackTraceLimit } = holder;
  let files: (string | null | undefined)[] = [];
  holder.stackTraceLimit = 100;
  // Call sites give file names as they are: a printed stack is ambiguous where a path has spaces or brackets.
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
  const modules = files.filter((file) => typeof file === "string" && file !== "").map((file) => toUrl(file as string));
  // Whoever called this package is meant.
  return [...new Set(modules)].filter((url) => url !== "" && !isOwnModule(url));
}

function toUrl(file: string): string {
  if (file.startsWith("/") || /^[A-Za-z]:[\\/]/.test(file)) return pathToFileURL(file).href;
  return /^(file|https?|data|blob):/.test(file) ? file : "";
}
