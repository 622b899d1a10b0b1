import type { NativeThread } from "../core/native-thread.ts";
import { Stream } from "../core/stream.ts";

/** Returns the output of a child as a stream. `fd` is this process's end of the pipe. */
export function readOutput(thread: NativeThread, fd: number): ReadableStream<Uint8Array> {
  let stream: Stream | undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const end = (): void => {
        controller.close();
        stream?.close();
      };
      stream = new Stream(thread, fd, { data: (chunk) => controller.enqueue(chunk), end });
    },
    cancel: () => stream?.close(),
  });
}
