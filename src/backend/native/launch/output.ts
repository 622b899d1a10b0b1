import type { NativeThread } from "../core/native-thread.ts";
import { Stream } from "../core/stream.ts";

/** This process's end of a pipe that a child writes, as a stream. */
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
