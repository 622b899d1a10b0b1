import { fs } from "../util/lazy-modules.ts";

/**
 * Whether a process has a socket with this path, even if the path is not there any more. `undefined` if this process can't know: on other
 * systems than Linux, without /proc, and on Deno without all permissions.
 */
export function isBound(path: string): boolean | undefined {
  try {
    return fs().readFileSync("/proc/net/unix", "utf8").includes(` ${path}\n`);
  } catch {
    return undefined;
  }
}

/** Returns what to say of a process whose socket is not there, if the process itself still has it. */
export function removedSocket(path: string): string | undefined {
  if (isBound(path) !== true) return undefined;
  return `its process runs, but another program has removed the socket ${path}. It is made again as soon as that process shares an object or starts a child. Let programs that clean the temporary folder leave polyproc-* there`;
}
