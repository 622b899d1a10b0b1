// What a child does whose parent runs under a debugger.
import type { Debugging } from "../launch/job.ts";
import { runtime } from "../runtime/current.ts";

/** Says at which address a debugger finds this process. With "wait", a debugger has connected already, and this stops there. */
export function meetDebugger(name: string, debugging: Debugging): void {
  const url = urlOf(process.getBuiltinModule("node:inspector"));
  // A program of its own, named by `execPath`, has no flag for a debugger.
  if (url === undefined && runtime.inspection() === undefined) return;
  // Bun tells the address on stderr alone, without a name.
  const where = url === undefined ? "its debugger listens at the address above" : `its debugger listens at ${url}`;
  process.stderr.write(`polyproc: ${name} (pid ${process.pid}): ${where}\n`);
  if (debugging !== "wait") return;
  // biome-ignore lint/suspicious/noDebugger: the target is imported and about to be called, so breakpoints can be set in it now.
  debugger;
}

function urlOf(inspector: { readonly url?: () => string | undefined } | undefined): string | undefined {
  try {
    return inspector?.url?.();
  } catch {
    return undefined;
  }
}
