import { runtime } from "../runtime/current.ts";
import type { Inspection } from "../runtime/inspection.ts";
import type { Debugging } from "./job.ts";

let known: { readonly inspection: Inspection | undefined } | undefined;

/** How the flags of this process have it inspected. Its children are inspected, too, each on a port of its own. */
export function ownInspection(): Inspection | undefined {
  known ??= { inspection: runtime.inspection() };
  return known.inspection;
}

/** Returns a limit on the start of a child. A child that waits for a debugger has no limit. */
export function limitOfStart(startTimeout: number): number {
  return ownInspection()?.waits === true ? Number.POSITIVE_INFINITY : startTimeout;
}

/** What a child is told of the debugger of its parent. */
export function debuggingOfChild(): Debugging | undefined {
  const inspection = ownInspection();
  return inspection && (inspection.waits ? "wait" : "attach");
}
