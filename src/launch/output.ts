// As much of a child's stderr as an error message quotes.
const TAIL_BYTES = 4096;
const TAIL_LINES = 10;

/** A child's piped output: read at once, so that a full pipe never stops the child, and kept for whoever reads it later. */
export interface Output {
  readonly stream: ReadableStream<Uint8Array>;
  /** Resolves at the output's end. */
  readonly ended: Promise<void>;
  /** The last lines that came. */
  tail(): string;
}

export function readOutput(source: ReadableStream<Uint8Array>): Output {
  let tail = new Uint8Array(0);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      void pump(source, (chunk) => {
        tail = lastBytes(tail, chunk);
        try {
          controller.enqueue(chunk);
        } catch {
          // Cancelled by its reader: what comes still counts for the tail.
        }
      }).then(() => {
        resolve();
        try {
          controller.close();
        } catch {
          // Cancelled by its reader.
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
    // A pipe that breaks with its process has ended.
  }
}

function lastBytes(before: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(before.length + chunk.length);
  joined.set(before);
  joined.set(chunk, before.length);
  return joined.slice(-TAIL_BYTES);
}
