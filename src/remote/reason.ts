import { runtime } from "../runtime/current.ts";
import { isOutOfFiles } from "../util/out-of-files.ts";

/**
 * Returns the true reason why a socket could not be opened. Bun reports a lack of descriptors as a refused connection, or without a reason.
 * So this function tries to open a file.
 */
export function reasonOf(error: unknown): unknown {
  if (isOutOfFiles(error) || runtime.canOpen(1)) return error;
  return Object.assign(new Error("EMFILE: too many open files", { cause: error }), { code: "EMFILE" });
}
