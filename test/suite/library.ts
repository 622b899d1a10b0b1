import { existsSync } from "node:fs";

/** Whether the native library was built. Without a C compiler there is none, and no native backend to be tested. */
export function hasLibrary(): boolean {
  return existsSync(new URL(`../../native/build/${process.platform}-${process.arch}/polyproc.node`, import.meta.url));
}
