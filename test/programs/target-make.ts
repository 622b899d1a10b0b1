import { callerModules } from "../../src/target/callers.ts";
import { locateTarget } from "../../src/target/locate.ts";
import type { Target, TargetRef } from "../../src/target/target.ts";

/** Stands for `new Process`: notes its callers at once, and looks for the target later. */
export function makeProcess(target: Target): Promise<TargetRef> {
  const callers = callerModules();
  return new Promise((resolve) => setTimeout(resolve, 5)).then(() => locateTarget(target, callers));
}
