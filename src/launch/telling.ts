import { emit, note } from "../observe/events.ts";
import { labelOf } from "../target/target.ts";
import { now } from "../util/clock.ts";
import type { OwnJob } from "./job.ts";
import type { Ending, RunningChild } from "./running-child.ts";

/** Tells what becomes of a child. */
export class ChildTelling {
  readonly #name: () => string;
  readonly #pid: number;
  readonly #target: string | null;
  readonly #began = now();

  /** Tells that the child was started. `name` returns its present name. */
  constructor(name: () => string, { pid }: Pick<RunningChild, "pid">, { target }: OwnJob) {
    this.#name = name;
    this.#pid = pid;
    this.#target = target && labelOf(target);
    emit("process", { event: "start", name: name(), pid, target: this.#target });
  }

  sends(signal: string, why: string): void {
    note("info", () => `sends ${signal} to ${this.#name()}, process ${this.#pid}${why}`);
  }

  ended({ exitCode, signal }: Ending): void {
    const duration = now() - this.#began;
    emit("process", { event: "exit", name: this.#name(), pid: this.#pid, target: this.#target, exitCode, signal, duration });
  }
}
