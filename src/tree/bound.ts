import { readProc } from "../runtime/platform.ts";

/**
 * Whether a process has a socket with this path, even if the path is not there any more. `undefined` if this process can't know: on other
 * systems than Linux, without /proc, and on Deno without all permissions.
 */
export function isBound(path: string): boolean | undefined {
  try {
    return readProc("net/unix").includes(` ${path}\n`);
  } catch {
    return undefined;
  }
}

/**
 * Returns what to say of a process whose socket is not there, if the process itself still has it. A process that ends removes its socket, too,
 * a moment earlier.
 */
export function removedSocket(path: string): string | undefined {
  if (isBound(path) !== true) return undefined;
  return `its process is just ending, or another program has removed the socket ${path}. In that case, the socket is made again as soon as that process shares an object or starts a child. Let programs that clean the temporary folder leave polyproc-* there`;
}
