import { type Frame, FrameReader } from "../codec/frame.ts";
import { EOFError } from "../errors/errors.ts";
import type { Boot } from "../launch/job.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import { fs } from "../util/lazy-modules.ts";
import { ownModule } from "../util/package-urls.ts";
import type { WatcherSettings } from "./watcher.ts";

const STDIN = 0;
const CHUNK = 1 << 16;

const watcher = ownModule("child/watcher");
// Deno's threads fetch by way of the main one, which a target may keep busy: it is in the cache by then. Here it only throws.
if (watcher.protocol !== "file:") await import(watcher.href).catch(() => {});

/** A child's stdin: frames from the parent, and at its end the news that the parent is gone. */
export class Channel {
  readonly #reader = new FrameReader();
  readonly #frames: Frame[] = [];
  readonly #next = Promise.withResolvers<Frame>();
  readonly #ended = Promise.withResolvers<void>();

  /** Resolves when the parent is gone; only a detached child lives to see it. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Reads one frame, and not a byte more, blocking this thread. */
  read(): Frame {
    for (let frame = this.#frames.shift(); ; frame = this.#frames.shift()) {
      if (frame !== undefined) return frame;
      const chunk = new Uint8Array(Math.min(this.#reader.missing, CHUNK));
      const count = readWaiting(chunk);
      if (count === 0) throw new EOFError("The parent ended before it said what to do (this program is started by polyproc alone).");
      this.#reader.push(chunk.subarray(0, count), (whole) => this.#frames.push(whole));
    }
  }

  /** Leaves the channel to a helper thread: it sees the parent's end even while this thread is busy. */
  watch({ orphaned, detached }: Boot): void {
    const workerData: WatcherSettings = { pid: process.pid, orphaned, detached };
    // A child that has the shim needs no such thread.
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const worker = new Worker(asWorker(watcher), { workerData });
    worker.on("message", (chunk: Uint8Array | null) => {
      if (chunk === null) this.#ended.resolve();
      else this.#reader.push(chunk, this.#next.resolve);
    });
    // After the listener, which would hold the event loop again.
    worker.unref();
  }

  /** The next frame that the helper thread brings. */
  async next(): Promise<Frame> {
    // Nothing else keeps a process that waits for its job.
    const letGo = holdEventLoop();
    return this.#next.promise.finally(letGo);
  }
}

// A worker's own module can be a file or data, and that may import what comes from a URL.
function asWorker(module: URL): URL {
  if (module.protocol === "file:") return module;
  return new URL(`data:text/javascript,${encodeURIComponent(`import ${JSON.stringify(module.href)};`)}`);
}

function readWaiting(buffer: Uint8Array): number {
  for (;;) {
    try {
      return fs().readSync(STDIN, buffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EOF") return 0;
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
