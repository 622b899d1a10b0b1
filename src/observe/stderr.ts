import { sleepSync } from "../util/blocking.ts";
import { fs } from "../util/lazy-modules.ts";

/** Writes text to stderr before it returns. It does nothing if nobody reads stderr any more. */
export function writeStderr(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += fs().writeSync(2, bytes, offset);
    } catch (error) {
      // If stderr is full for the moment (EAGAIN), try again in 1 ms. After any other error, no process reads it any more.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      sleepSync(1);
    }
  }
}
