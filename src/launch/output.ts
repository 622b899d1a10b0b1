// The number of bytes at the end of a child's stderr that an error message may quote.
const TAIL_BYTES = 4096;
const TAIL_LINES = 10;

/** The number of bytes that are read ahead of the program. When so many wait, the child waits too, as with any full pipe. */
const READ_AHEAD = 1 << 20;
/** The number of bytes that are read ahead in addition once the child has ended, so that the pipe comes to its end. */
const REST = 1 << 22;

/** A child's piped output. It is read up to 1 MiB ahead of the program. */
export interface ChildOutput {
  readonly stream: ReadableStream<Uint8Array>;
  /** Resolves at the output's end. */
  readonly ended: Promise<void>;
  /** Called when the child has ended: reads what is left in the pipe. */
  finish(): void;
  /** The last lines that came. */
  tail(): string;
}

export function readOutput(source: ReadableStream<Uint8Array>): ChildOutput {
  let tail = new Uint8Array(0);
  let ahead = READ_AHEAD;
  let unread = 0;
  let goOn = (): void => {};
  const pump = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    for await (const chunk of chunksOf(source)) {
      tail = lastBytes(tail, chunk);
      try {
        controller.enqueue(chunk);
        unread = READ_AHEAD - (controller.desiredSize ?? READ_AHEAD);
      } catch {
        // The program has cancelled the stream. The rest is read for the tail alone.
        unread = 0;
      }
      while (unread >= ahead) {
        const room = Promise.withResolvers<void>();
        goOn = room.resolve;
        await room.promise;
      }
    }
  };
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const readerHas = (bytes: number): void => {
    unread = bytes;
    goOn();
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        void pump(controller).then(() => {
          resolve();
          try {
            controller.close();
          } catch {
            // The reader has cancelled the stream.
          }
        });
      },
      // Called when less than READ_AHEAD waits.
      pull: (controller) => readerHas(READ_AHEAD - (controller.desiredSize ?? READ_AHEAD)),
      cancel: () => readerHas(0),
    },
    { highWaterMark: READ_AHEAD, size: (chunk) => chunk?.byteLength ?? 0 },
  );
  const finish = (): void => {
    ahead = READ_AHEAD + REST;
    goOn();
  };
  const lines = (): string => new TextDecoder().decode(tail).trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
  return { stream, ended, finish, tail: lines };
}

async function* chunksOf(source: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source as unknown as AsyncIterable<Uint8Array>;
  } catch {
    // A pipe may break when its process dies. That counts as the end of the output.
  }
}

function lastBytes(before: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  if (chunk.length >= TAIL_BYTES) return chunk.slice(-TAIL_BYTES);
  const joined = new Uint8Array(before.length + chunk.length);
  joined.set(before);
  joined.set(chunk, before.length);
  return joined.slice(-TAIL_BYTES);
}
