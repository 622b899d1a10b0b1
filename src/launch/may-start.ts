import { StateError } from "../errors/errors.ts";
import { currentPosition, isImporting } from "./position.ts";

/** A tree that is deeper than this is taken for a mistake: a child starts itself again and again. */
const MAX_DEPTH = 64;

/** Throws `StateError` where a start would begin a chain of starts without end. */
export function checkMayStart(): void {
  if (isImporting()) {
    throw new StateError(
      "A process was started while a child imports its module, and would start others without end: start it inside `if (import.meta.main) { ... }` (or `isMain(import.meta)`), or in a function.",
    );
  }
  if (currentPosition().depth >= MAX_DEPTH)
    throw new StateError(`Processes are nested ${MAX_DEPTH} deep here: a child probably starts itself again and again.`);
}
