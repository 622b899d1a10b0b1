import { util } from "../../builtins.ts";
import { ProcessError } from "../../errors.ts";

export { ABI, type Shim, SIGNATURES } from "./library/functions.ts";

/** A string as the shim takes it. */
export function text(...strings: readonly string[]): Uint8Array {
  return new TextEncoder().encode(strings.map((each) => `${each}\0`).join("") || "\0");
}

/** Throws for a negative result: what was tried, and the system's word for why it failed. */
export function check(result: number, what: string): number {
  if (result >= 0) return result;
  throw new ProcessError(`${what}: ${util().getSystemErrorName(result)}. ${advice[util().getSystemErrorName(result)] ?? ""}`.trimEnd());
}

/** Whether the system has no more of something: what was tried may work later. */
export function isExhausted(result: number): boolean {
  return util().getSystemErrorName(result) in advice;
}

const advice: Readonly<Record<string, string>> = {
  EMFILE: "This process has as many open files as it may have: close some, or raise `ulimit -n`.",
  ENFILE: "The system has as many open files as it may have: close some.",
  ENOMEM: "There is no memory left for it.",
  ENOSPC: "There is no memory left for it.",
  EFBIG: "It takes a file in memory that is larger than this process may have: raise `ulimit -f`, or take the portable backend.",
  EAGAIN: "The system allows no more processes or threads: end some, or raise `ulimit -u`.",
};
