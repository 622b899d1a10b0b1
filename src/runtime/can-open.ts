import { fs } from "../util/lazy-modules.ts";
import { isOutOfFiles } from "../util/out-of-files.ts";
import { platform } from "./platform.ts";

/** Whether this process can open so many more files. */
export function canOpen(count: number): boolean {
  const { openSync, closeSync } = fs();
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync(platform.nullDevice, "r"));
  } catch (error) {
    return !isOutOfFiles(error);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
  return true;
}
