import { readProc } from "./platform.ts";

const SIGCHLD_BIT = 1n << 16n;

/**
 * Makes the system keep the exit codes of children. The program that started this one may have set SIGCHLD to be ignored, which this program
 * then inherits, and the system forgets how a child ended at once. Adding and removing a handler restores the default.
 */
export function keepExitCodes(): void {
  if (!ignoresSigchld()) return;
  const handler = (): void => {};
  process.on("SIGCHLD", handler);
  process.off("SIGCHLD", handler);
}

function ignoresSigchld(): boolean {
  try {
    const [, mask = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readProc("self/status")) ?? [];
    return (BigInt(`0x${mask}`) & SIGCHLD_BIT) !== 0n;
  } catch {
    // This is not Linux, /proc is not mounted, or a permission is missing. Exit codes may then be unknown.
    return false;
  }
}
