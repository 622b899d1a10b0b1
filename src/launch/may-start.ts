import { StateError } from "../errors/errors.ts";
import type { CountingFile } from "../tree/counting.ts";
import { currentOrigin } from "./origin.ts";
import { currentPosition, isWaitingForTarget } from "./position.ts";
import { depthLimit, ownTreeLimits, processLimit, type TreeLimits } from "./tree-limits.ts";

const GUARD = "inside `if (import.meta.main) { ... }` (or `isMain(import.meta)`; in CommonJS `if (require.main === module)`)";

/** Whether this code runs because a child imports its module, and no target has called it. On Bun this is known only during the import. */
export function isModuleOfChild(): boolean {
  return isWaitingForTarget() || currentOrigin() === "module";
}

/** Throws `StateError` if a start would begin an endless chain of starts. */
export function checkMayStart(): void {
  if (isModuleOfChild())
    throw new StateError(
      `A process was started in a child by code that its target did not call: by a module that the child imports, or by what that module goes on with later. Each child imports the module too, and would start others without end. Start it ${GUARD}, or in a function that the target calls. In a test, move the target to a module of its own.`,
    );
  const most = depthLimit();
  if (currentPosition().depth >= most)
    throw new StateError(
      `Processes are nested ${most} deep here, and no deeper tree is allowed: a child probably starts itself again and again. Start it ${GUARD}, or call setTreeLimits({ depth }).`,
    );
}

/** Whether the code that starts a process now may be a part of an endless chain of starts. */
function mustBeCounted(): boolean {
  return currentPosition().depth > 0 && currentOrigin() !== "target";
}

/** Counts a process that must be counted. Throws `StateError` if too many such processes live. */
export function count(file: CountingFile): void {
  const most = processLimit();
  if (!mustBeCounted() || file.add(most)) return;
  throw new StateError(
    `At most ${most} processes may live that were started in children by code that is not known to be called by a target, and this would be one more: a child probably starts itself again and again. Start it ${GUARD}, or call setTreeLimits({ processes }).`,
  );
}

/**
 * Returns the limits that a child takes over. A detached child has a folder of its own, in which the processes of this tree do not count. So
 * if it must be counted here, it may not start processes that must be counted there.
 */
export function treeLimitsOfChild(detached: boolean): TreeLimits {
  return detached && mustBeCounted() ? { ...ownTreeLimits(), processes: 0 } : ownTreeLimits();
}
