import { emptyProcessStdin } from "../empty-stdin.ts";
import type { DenoHost } from "./host.ts";

/** Reads `Deno.stdin` to its end. */
export async function readStdin(host: DenoHost | undefined, data: (chunk: Uint8Array) => void): Promise<void> {
  if (host === undefined) return;
  for (;;) {
    const buffer = new Uint8Array(65536);
    const count = await host.stdin.read(buffer);
    if (count === null) return;
    data(buffer.subarray(0, count));
  }
}

/** Replaces `process.stdin` and `Deno.stdin` by streams that are at their end. */
export function emptyStdin(host: DenoHost | undefined): void {
  emptyProcessStdin();
  if (host === undefined) return;
  const empty = {
    read: async () => null,
    readSync: () => null,
    readable: new Blob([]).stream(),
    isTerminal: () => false,
    close: () => {},
  };
  Object.defineProperty(host, "stdin", { value: empty, configurable: true });
}
