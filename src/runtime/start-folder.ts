import { resolve } from "node:path";
import { workingFolder } from "../util/working-folder.ts";

/** The folder in which this process was started, as far as that is known: its working folder when this module is loaded. */
export const startFolder: string | undefined = workingFolder();

/** Whether a child with this working folder reads relative paths in another way than this process did at its start. */
export function isElsewhere(cwd: string | undefined = workingFolder()): boolean {
  return startFolder !== undefined && cwd !== undefined && resolve(cwd) !== startFolder;
}

/** Returns a path from a flag of this process, so that it means the same in any working folder. */
export function absolute(path: string): string {
  return startFolder === undefined ? path : resolve(startFolder, path);
}
