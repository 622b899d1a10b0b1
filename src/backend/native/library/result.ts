import { ProcessError } from "../../../errors/errors.ts";
import { util } from "../../../util/lazy-modules.ts";
import { EBUSY } from "./errno.ts";

// The number of attempts of `insist`. Each waits up to 100 ms for the lock that it needs.
const TRIES = 100;

const advice: Readonly<Record<string, string>> = {
  EMFILE: "This process has as many open files as it may have: close some, or raise `ulimit -n`.",
  ENFILE: "The system has as many open files as it may have: close some.",
  EADDRNOTAVAIL: "This process has no address space left for it: close some objects, or raise `ulimit -v`.",
  ENOMEM: "There is no memory left for it, here or in the memory cgroup of this process.",
  ENOSPC: "There is no memory left for it.",
  EFBIG: "It takes a file in memory that is larger than this process may have: raise `ulimit -f`, or use the portable backend.",
  EAGAIN: "The system allows no more processes or threads: end some, or raise `ulimit -u`.",
};

/** Throws `ProcessError` for a negative result. Its message has `what`, which says what failed, and the system's name of the error. */
export function check(result: number, what: string): number {
  if (result >= 0) return result;
  const name = util().getSystemErrorName(result);
  // A call of the native library failed for a reason that its caller does not expect.
  throw new ProcessError(`${what}: ${name}. ${advice[name] ?? ""}`.trimEnd());
}

/** Whether the system has run out of something, so that the same call may work later. */
export function isExhausted(result: number): boolean {
  return util().getSystemErrorName(result) in advice;
}

/** Repeats a call while another process has the object's lock. That takes long only if that process was stopped in the middle of a call. */
export function insist(call: () => number): number {
  let status = EBUSY;
  for (let tries = 0; status === EBUSY && tries < TRIES; tries++) status = call();
  return status;
}

/** Encodes strings for the native library: each ends with a NUL. */
export function text(...strings: readonly string[]): Uint8Array {
  return new TextEncoder().encode(strings.map((each) => `${each}\0`).join("") || "\0");
}
