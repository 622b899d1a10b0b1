import { emptyProcessStdin } from "../empty-stdin.ts";
import type { DenoHost } from "./host.ts";

/** The text of a function that reads `Deno.stdin` to its end. */
export const STDIN_READER: string = `async (data, end) => {
  try {
    const buffer = new Uint8Array(65536);
    for (let count; (count = await Deno.stdin.read(buffer)) !== null; ) data(buffer.slice(0, count));
  } finally {
    end();
  }
}`;

/** Replaces `process.stdin` and `Deno.stdin` by streams that are at their end. */
export function emptyStdin(host: DenoHost | undefined): void {
  emptyProcessStdin();
  if (host === undefined) return;
  const empty = {
    read: async () => null,
    readSync: () => null,
    get readable() {
      return new Blob([]).stream();
    },
    isTerminal: () => false,
    close: () => {},
  };
  Object.defineProperty(host, "stdin", { value: empty, configurable: true });
}
