import { stream } from "../util/lazy-modules.ts";

/** Replaces `process.stdin` by a stream that is at its end, because a child's real stdin is the channel to its parent. */
export function emptyProcessStdin(): void {
  let value: unknown;
  // Few programs look at their stdin, and streams take time and memory to load.
  const get = (): unknown => {
    value ??= Object.assign(stream().Readable.from([]), { fd: 0, isTTY: false });
    return value;
  };
  const set = (own: unknown): void => {
    value = own;
  };
  Object.defineProperty(process, "stdin", { get, set, configurable: true, enumerable: true });
}
