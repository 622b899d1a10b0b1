import { fs } from "./lazy-modules.ts";

/** The end of an error message. */
export const noFileLeft = "this process has as many open files as it may have (EMFILE): close some, or raise `ulimit -n`.";

/** Whether a call failed because this process, or the system, can open no more files. */
export function isOutOfFiles(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // The error is the native library's, or that of a runtime, which each write it in their own way.
  return /\b(EMFILE|ENFILE)\b|os error 2[34]\b|too many open files/i.test(error.message) || isOutOfFiles(error.cause);
}

/**
 * Returns the true reason why a socket could not be opened. Bun reports a lack of descriptors as a refused connection, or without a reason.
 * So this function tries to open a file.
 */
export function reasonOf(error: unknown): unknown {
  if (isOutOfFiles(error) || canOpen(1)) return error;
  return Object.assign(new Error("EMFILE: too many open files", { cause: error }), { code: "EMFILE" });
}

/** Whether this process can open so many more files. If it may open none, for want of a permission, the answer is yes. */
export function canOpen(count: number): boolean {
  const { openSync, closeSync } = fs();
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync("/dev/null", "r"));
  } catch (error) {
    return !isOutOfFiles(error);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
  return true;
}
