// The least that a pool of processes can be: processes of the runtime's own child_process.fork, to which the program sends a task each, and
// which send the result back. Nothing is kept of a task, and a worker that dies is not noticed.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { sha256 } from "../hash.ts";
import { report } from "../measure.ts";
import { measureHash } from "../measure-hash.ts";
import { defaults, measurePool } from "../measure-pool.ts";
import { settings } from "../settings.ts";
import { addOne, addOneToEach, echo } from "../tasks.ts";

/** As many chunks for each worker as those of `Pool.map` and of CPython. */
const CHUNKS_A_WORKER = 4;

const tasks = { addOne, addOneToEach, echo, hashEach: (files: string[]) => files.map(sha256) };

class Worker {
  readonly child: ChildProcess = fork(fileURLToPath(import.meta.url), ["--role=worker"], { serialization: "advanced" });
  // The results come in the order of the tasks.
  readonly #waiting: ((result: unknown) => void)[] = [];

  constructor() {
    this.child.on("message", (result) => this.#waiting.shift()?.(result));
  }

  ask(task: keyof typeof tasks, value: unknown): Promise<unknown> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.child.send({ task, value });
    });
  }
}

class ForkPool {
  readonly #workers: Worker[];
  #next = 0;

  constructor(workers: number) {
    this.#workers = Array.from({ length: workers }, () => new Worker());
  }

  addOne(x: number): Promise<number> {
    return this.#ask("addOne", x) as Promise<number>;
  }

  echo(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#ask("echo", bytes) as Promise<Uint8Array>;
  }

  mapSingly(numbers: readonly number[]): Promise<number[]> {
    return Promise.all(numbers.map((x) => this.addOne(x)));
  }

  map(numbers: readonly number[]): Promise<number[]> {
    return this.#mapChunks("addOneToEach", numbers) as Promise<number[]>;
  }

  hash(files: readonly string[]): Promise<string[]> {
    return this.#mapChunks("hashEach", files) as Promise<string[]>;
  }

  async end(): Promise<void> {
    const ends = this.#workers.map(({ child }) => new Promise((resolve) => child.once("exit", resolve)));
    for (const { child } of this.#workers) child.kill();
    await Promise.all(ends);
  }

  // Each worker gets the next chunk once it has done the last one.
  async #mapChunks(task: keyof typeof tasks, elements: readonly unknown[]): Promise<unknown[]> {
    const size = Math.ceil(elements.length / (this.#workers.length * CHUNKS_A_WORKER));
    const results: unknown[][] = [];
    let next = 0;
    const work = async (worker: Worker): Promise<void> => {
      for (let at = next++; at * size < elements.length; at = next++)
        results[at] = (await worker.ask(task, elements.slice(at * size, (at + 1) * size))) as unknown[];
    };
    await Promise.all(this.#workers.map(work));
    return results.flat();
  }

  #ask(task: keyof typeof tasks, value: unknown): Promise<unknown> {
    const worker = this.#workers[this.#next++ % this.#workers.length] as Worker;
    return worker.ask(task, value);
  }
}

const given = settings({ role: "parent", files: "", ...defaults });
if (given.role === "worker")
  process.on("message", ({ task, value }: { task: keyof typeof tasks; value: unknown }) => process.send?.(tasks[task](value as never)));
else {
  const make = (): ForkPool => new ForkPool(given.workers);
  if (given.files === "") report(await measurePool(make, given));
  else {
    const pool = make();
    await measureHash((files) => pool.hash(files), given.files, given.ms);
  }
  process.exit();
}
