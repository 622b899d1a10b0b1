// Hashes files in a loop, in a process of its own. In the process of a pool the loop's garbage would be collected while the pool works.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { sha256 } from "./hash.ts";

const ROLE = "--hash-loop";

export interface Timed {
  /** Milliseconds. */
  readonly took: number;
  readonly hashes: readonly string[];
}

export async function timed(run: () => Promise<string[]> | string[]): Promise<Timed> {
  const start = performance.now();
  const hashes = await run();
  return { took: performance.now() - start, hashes };
}

export class HashLoop {
  readonly #child: ChildProcess = fork(fileURLToPath(import.meta.url), [ROLE]);

  run(files: readonly string[]): Promise<Timed> {
    return new Promise((resolve, reject) => {
      this.#child.once("message", (result) => resolve(result as Timed));
      this.#child.once("exit", (code) => reject(new Error(`The loop's process ended with exit code ${code}.`)));
      this.#child.send(files);
    });
  }

  end(): void {
    this.#child.kill();
  }
}

if (process.argv.includes(ROLE))
  process.on("message", async (files: readonly string[]) => process.send?.(await timed(() => files.map(sha256))));
