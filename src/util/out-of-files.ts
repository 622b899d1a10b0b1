/** The end of an error message. */
export const noFileLeft = "this process has as many open files as it may have (EMFILE): close some, or raise `ulimit -n`.";

/** Whether a call failed because this process, or the system, can open no more files. */
export function isOutOfFiles(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // The error is the native library's, or that of a runtime, which each write it in their own way.
  return /\b(EMFILE|ENFILE)\b|os error 2[34]\b|too many open files/i.test(error.message) || isOutOfFiles(error.cause);
}
