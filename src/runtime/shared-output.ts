// Processes that share a standard output or error share its mode O_NONBLOCK too. Node and Bun switch it on for a pipe or a socket when the
// program first uses process.stdout. From then on, a write of another process fails if the pipe is full, and Deno takes that for an error.
import { fs } from "../util/lazy-modules.ts";
import { platform, readProc } from "./platform.ts";

const OUTPUTS = [
  [1, "stdout"],
  [2, "stderr"],
] as const;

type Output = NodeJS.WriteStream & { readonly fd: 1 | 2 };
type Act = (fd: 1 | 2, stream: Output) => void;

const watched = new Set<number>();

/**
 * Calls `makeBlocking` for each output that other processes may share, as soon as the program has opened it.
 *
 * @param isOpened whether the program may have opened them before
 */
export function keepBlocking(makeBlocking: Act, isOpened: boolean): void {
  if (!platform.sharesOutputModes) return;
  for (const [fd, name] of OUTPUTS) {
    if (watched.has(fd) || !isPipe(fd)) continue;
    watched.add(fd);
    const own = Object.getOwnPropertyDescriptor(process, name);
    const open = own?.get;
    // The program has replaced the output by one of its own.
    if (own === undefined || open === undefined || own.configurable !== true) continue;
    let known: unknown;
    const get = (): Output => {
      const stream = Reflect.apply(open, process, []) as Output;
      if (stream !== known) makeBlocking(fd, stream);
      known = stream;
      return stream;
    };
    Object.defineProperty(process, name, { ...own, get });
    if (isOpened && isNonBlocking(fd)) get();
  }
}

/** Whether the descriptor is a pipe or a socket. */
export function isPipe(fd: number): boolean {
  try {
    const stat = fs().fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    // This process was started without that descriptor.
    return false;
  }
}

function isNonBlocking(fd: number): boolean {
  try {
    const [, flags = "0"] = /^flags:\s*([0-7]+)$/m.exec(readProc(`self/fdinfo/${fd}`)) ?? [];
    return (Number.parseInt(flags, 8) & fs().constants.O_NONBLOCK) !== 0;
  } catch {
    return false;
  }
}
