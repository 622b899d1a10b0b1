import type { Frame } from "../codec/frame.ts";
import { FrameReader } from "../codec/frame-reader.ts";
import { EOFError } from "../errors/errors.ts";
import { sleepSync } from "../util/blocking.ts";
import { fs } from "../util/lazy-modules.ts";

const STDIN = 0;
const CHUNK = 1 << 16;

/** The first frames on a child's stdin, before a helper thread or the native library takes the channel over. */
export class StdinFrames {
  readonly #reader = new FrameReader();
  readonly #frames: Frame[] = [];

  /** Reads one frame, and not a byte more, blocking this thread. */
  read(): Frame {
    for (let frame = this.#frames.shift(); ; frame = this.#frames.shift()) {
      if (frame !== undefined) return frame;
      const chunk = new Uint8Array(Math.min(this.#reader.missing, CHUNK));
      const count = readWaiting(chunk);
      // The parent has ended, and nobody is left who could use this process or a message.
      if (count === 0 && isPipe()) process.exit(1);
      if (count === 0)
        throw new EOFError("The parent ended before it sent a job (this program is only started by polyproc: call new Process() instead).");
      this.#reader.push(chunk.subarray(0, count), (whole) => this.#frames.push(whole));
    }
  }
}

function isPipe(): boolean {
  const stat = fs().fstatSync(STDIN);
  return stat.isFIFO() || stat.isSocket();
}

function readWaiting(buffer: Uint8Array): number {
  for (;;) {
    try {
      return fs().readSync(STDIN, buffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EOF") return 0;
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      // Another process has set O_NONBLOCK on the descriptor, and no byte is there yet. Look again in 1 ms.
      sleepSync(1);
    }
  }
}
