import { stream } from "../util/lazy-modules.ts";

/** Replaces `process.stdin` by a stream that is at its end, because a child's real stdin is the channel to its parent. */
export function emptyProcessStdin(): void {
  const empty = Object.assign(stream().Readable.from([]), { fd: 0, isTTY: false });
  Object.defineProperty(process, "stdin", { value: empty, configurable: true, enumerable: true, writable: true });
}
