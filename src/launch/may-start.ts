import { StateError } from "../errors/errors.ts";
import { currentPosition, isImporting } from "./position.ts";

/** The largest depth of a tree. A deeper tree is probably a mistake: a child that starts itself again and again. */
const MAX_DEPTH = 64;

/** Throws `StateError` if a start would begin an endless chain of starts. */
export function checkMayStart(): void {
  if (isImporting()) {
    throw new StateError(
      "A process was started while a child imports its module, and would start others without end. Start it inside `if (import.meta.main) { ... }` (or `isMain(import.meta)`), or in a function.",
    );
  }
  if (currentPosition().depth >= MAX_DEPTH)
    throw new StateError(
      `Processes are nested ${MAX_DEPTH} deep here: a child probably starts itself again and again. Guard the start with \`if (import.meta.main) { ... }\`.`,
    );
}
