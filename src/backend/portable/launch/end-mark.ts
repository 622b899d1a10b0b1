// Node tells its parent process that a child exited with 0 if a real-time signal killed that child. So such a child leaves a mark when it
// exits, and the parent takes a 0 without the mark for an end that the system does not tell.
import type { Exit } from "../../../runtime/contract.ts";
import { runtime } from "../../../runtime/current.ts";
import { makeMark, remove } from "../../../tree/folder.ts";
import { fs } from "../../../util/lazy-modules.ts";

/** Returns the path of the mark that the next child must leave, or `undefined` if it need not leave one. */
export function newMark(folder: string): string | undefined {
  return runtime.takesSignalsForZero ? makeMark(folder) : undefined;
}

/** In a child: leaves the mark when this process exits. */
export function leaveMark(path: unknown): void {
  if (typeof path !== "string") return;
  runtime.onExit(() => {
    try {
      fs().writeFileSync(path, "");
    } catch {
      // The folder is gone, or this process may not write there. The parent then can't tell how this process ended.
    }
  });
}

/** In the parent: corrects what the runtime says about a child's end. */
export function checkMark(exit: Exit, path: string): Exit {
  const hasMark = fs().existsSync(path);
  if (hasMark) remove(path);
  return exit.code === 0 && !hasMark ? { code: null, signal: null } : exit;
}
