import type { NativeThread } from "../core/native-thread.ts";
import { Readiness } from "../core/readiness.ts";
import { EAGAIN } from "../library/errno.ts";

const CHUNK = 1 << 16;

/** Returns the output of a child as a stream, which reads when its reader wants more. `fd` is this process's end of the pipe. */
export function readOutput(thread: NativeThread, fd: number): ReadableStream<Uint8Array> {
  let ready = (): void => {};
  let isOpen = true;
  const reading = new Readiness(thread.inbox, fd, "read", () => ready());
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    reading.close();
    thread.inbox.shim.pp_close(fd);
    ready();
  };
  // Returns the next bytes, or `undefined` at the end.
  const read = async (): Promise<Uint8Array | undefined> => {
    const buffer = new Uint8Array(CHUNK);
    while (isOpen) {
      const count = thread.inbox.shim.pp_read(fd, buffer, 0, buffer.length, 0);
      if (count > 0) return buffer.slice(0, count);
      if (count !== EAGAIN) return undefined;
      const readable = new Promise<void>((resolve) => {
        ready = resolve;
      });
      reading.arm();
      await readable;
    }
    return undefined;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await read().catch(() => undefined);
        if (chunk !== undefined) return controller.enqueue(chunk);
        // The child has closed the pipe, or the pipe can't be watched, which ends the output too.
        if (isOpen) controller.close();
        close();
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}
