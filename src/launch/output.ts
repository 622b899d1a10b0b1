// The number of bytes at the end of a child's stderr that an error message may quote.
const TAIL_BYTES = 4096;
const TAIL_LINES = 10;

/**
 * A child's piped output. It is read at once, so that a full pipe never stops the child. The bytes are kept until the program reads them.
 */
export interface ChildOutput {
  readonly stream: ReadableStream<Uint8Array>;
  /** Resolves at the output's end. */
  readonly ended: Promise<void>;
  /** The last lines that came. */
  tail(): string;
}

export function readOutput(source: ReadableStream<Uint8Array>): ChildOutput {
  let tail = new Uint8Array(0);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      void pump(source, (chunk) => {
        tail = lastBytes(tail, chunk);
        try {
          controller.enqueue(chunk);
        } catch {
          // The program has cancelled the stream. The bytes are still kept for the tail.
        }
      }).then(() => {
        resolve();
        try {
          controller.close();
        } catch {
          // The reader has cancelled the stream.
        }
      });
    },
  });
  const lines = (): string => new TextDecoder().decode(tail).trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
  return { stream, ended, tail: lines };
}

async function pump(source: ReadableStream<Uint8Array>, take: (chunk: Uint8Array) => void): Promise<void> {
  try {
    for await (const chunk of source as unknown as AsyncIterable<Uint8Array>) take(chunk);
  } catch {
    // A pipe may break when its process dies. That counts as the end of the output.
  }
}

function lastBytes(before: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(before.length + chunk.length);
  joined.set(before);
  joined.set(chunk, before.length);
  return joined.slice(-TAIL_BYTES);
}
