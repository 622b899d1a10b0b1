import { ProcessError } from "../../../errors/errors.ts";
import { countdown } from "../../../util/blocking.ts";
import { now, sleep } from "../../../util/clock.ts";
import { util } from "../../../util/lazy-modules.ts";
import { EBUSY } from "./errno.ts";

/** Calls are repeated for so many milliseconds. A lock that is held for longer may have been damaged. */
export const INSIST_LIMIT = 10_000;
// `insistLater` repeats a call after so many milliseconds at most.
const LONGEST_PAUSE = 20;

const STOPPED = "Another process was stopped in the middle of a call on this object: let it go on, or end it.";
const advice: Readonly<Record<string, string>> = {
  EMFILE: "This process has as many open files as it may have: close some, or raise `ulimit -n`.",
  ENFILE: "The system has as many open files as it may have: close some.",
  EMLINK: "1,024 processes have it open, and no more can: let some close it, or use one more object.",
  ENOBUFS: "This process has 65,536 shared objects open, and no more can be: close some.",
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
  throw new ProcessError(`${what}: ${name}. ${result === EBUSY ? STOPPED : (advice[name] ?? "")}`.trimEnd());
}

/** Whether the system has run out of something, so that the same call may work later. */
export function isExhausted(result: number): boolean {
  return util().getSystemErrorName(result) in advice;
}

/**
 * Repeats a call while another process has the object's lock. That takes long only if that process was stopped in the middle of a call. It
 * blocks this thread, for 10 seconds at most. Each call waits up to 2 ms for the lock.
 */
export function insist(call: () => number): number {
  let status = call();
  if (status !== EBUSY) return status;
  for (const left = countdown(INSIST_LIMIT); status === EBUSY && left() > 0; ) status = call();
  return status;
}

/** Like {@link insist}, but the event loop goes on meanwhile. */
export async function insistLater(call: () => number): Promise<number> {
  let status = call();
  if (status !== EBUSY) return status;
  const end = now() + INSIST_LIMIT;
  for (let pause = 1; status === EBUSY && now() < end; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    await sleep(pause);
    status = call();
  }
  return status;
}

/** Encodes strings for the native library: each ends with a NUL. */
export function text(...strings: readonly string[]): Uint8Array {
  return new TextEncoder().encode(strings.map((each) => `${each}\0`).join("") || "\0");
}
