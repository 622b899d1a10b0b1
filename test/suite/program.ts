import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { tested } from "./code.ts";
import { settled, sharedMemory, TAG, taggedProcesses, unixSockets } from "./leaks.ts";
import { commands, pathWithRuntimes } from "./runtimes.ts";

export interface ProgramOptions {
  readonly args?: readonly string[];
  /** Flags that replace the runtime's usual ones. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: "ignore" | "pipe" | "closed";
  readonly cwd?: string;
  /** A program, with its arguments, that starts the runtime. */
  readonly through?: readonly string[];
}

/** A running program of test/programs. It has a temporary folder of its own, and all processes of its tree can be found. */
export class Program {
  readonly temp: string = mkdtempSync(join(tmpdir(), "pp-test-"));
  readonly child: ChildProcess;
  readonly ended: Promise<number | string | null>;
  /** Resolves like `ended`, but after all output was read. */
  readonly closed: Promise<number | string | null>;
  stdout = "";
  stderr = "";
  readonly #tag = randomUUID();
  #waiting: (() => void)[] = [];

  constructor(runtime: string, file: string, { args = [], flags, env = {}, stdin = "ignore", cwd, through = [] }: ProgramOptions = {}) {
    const [program = "", ...usual] = commands[runtime] ?? [];
    const path = /^(\/|[a-z]+:)/.test(file) ? file : fileURLToPath(tested.module(`test/programs/${basename(file, ".ts")}`));
    const environment = {
      ...process.env,
      TMPDIR: this.temp,
      PATH: pathWithRuntimes(),
      NODE_OPTIONS: "",
      VITEST: "",
      POLYPROC_BACKEND: "portable",
      NO_COLOR: "1",
      [TAG]: this.#tag,
      ...env,
    };
    const line = [...through, program, ...(flags ?? usual), path, ...args];
    const [first = "", ...rest] = stdin === "closed" ? ["/bin/sh", "-c", 'exec "$@" <&-', "sh", ...line] : line;
    this.child = spawn(first, rest, { env: environment, stdio: [stdin === "closed" ? "ignore" : stdin, "pipe", "pipe"], cwd });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#hear("stdout", text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#hear("stderr", text));
    this.ended = new Promise((resolve) => {
      this.child.on("exit", (code, signal) => resolve(code ?? signal));
    });
    this.closed = new Promise((resolve) => {
      this.child.on("close", (code, signal) => resolve(code ?? signal));
    });
    void this.ended.then(() => setTimeout(() => this.#hear("stdout", ""), 50));
    onTestFinished(async () => {
      this.stop();
      expect(await settled(() => this.#leaks())).toEqual([]);
    });
  }

  /** The first line of output that is JSON. */
  async json(): Promise<unknown> {
    for (;;) {
      const line = this.stdout
        .split("\n")
        .slice(0, -1)
        .find((each) => /^[[{"]/.test(each));
      if (line !== undefined) return JSON.parse(line);
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`the program ended with ${this.child.exitCode ?? this.child.signalCode}\n${this.stdout}\n${this.stderr}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Processes of the tree that are still there. */
  left(): string[] {
    return taggedProcesses(this.#tag);
  }

  /** Milliseconds until none of the tree is left; fails after `limit`. */
  async gone(limit: number): Promise<number> {
    const start = performance.now();
    for (;;) {
      const left = this.left();
      if (left.length === 0) return performance.now() - start;
      if (performance.now() - start > limit) throw new Error(`still there after ${limit} ms: ${left.join("; ")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The names of the files that are left in the temporary folder. */
  files(): string[] {
    return readdirSync(this.temp);
  }

  stop(): void {
    for (const line of this.left()) {
      try {
        process.kill(Number.parseInt(line, 10), "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
    rmSync(this.temp, { recursive: true, force: true });
  }

  // Things that are left although all processes of the tree were killed.
  #leaks(): string[] {
    return [...this.left(), ...sharedMemory(this.#tag), ...unixSockets(this.temp)];
  }

  #hear(stream: "stdout" | "stderr", text: string): void {
    this[stream] += text;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
