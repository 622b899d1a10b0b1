import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cases, LEAKS, MARK, type Report } from "./case.ts";
import { settled, sharedMemory, TAG, taggedProcesses, unixSockets } from "./leaks.ts";
import { commandLine, pathWithRuntimes } from "./runtimes.ts";

/** Where the code under test is: the sources, or the built JavaScript. */
const root = new URL(process.env.POLYPROC_TEST_ROOT ?? "../../", import.meta.url);
const extension = process.env.POLYPROC_TEST_ROOT === undefined ? ".ts" : ".js";
const folder = new URL("../cases/", import.meta.url);

const GONE_WITHIN = 2_000;

/** Without a C compiler there is no native backend to be tested. */
export function hasLibrary(): boolean {
  return existsSync(new URL(`../../native/build/${process.platform}-${process.arch}/polyproc.node`, import.meta.url));
}

/** All case files, run by one runtime: each file in a process of its own, which must leave nothing behind. */
export async function defineSuite(runtime: string, backend = "portable"): Promise<void> {
  const only = process.env.POLYPROC_TEST_FILES?.split(",");
  for (const file of readdirSync(folder).sort()) {
    const name = basename(file, ".ts");
    if (only !== undefined && !only.includes(name)) continue;
    const { cases, only: ownBackend } = (await import(new URL(file, folder).href)) as { cases: Cases; only?: string };
    if (ownBackend !== undefined && ownBackend !== backend) continue;
    describe.skipIf(backend === "native" && !hasLibrary())(`${runtime}, ${backend}: ${name}`, () =>
      defineFile(runtime, backend, new URL(`test/cases/${name}${extension}`, root), cases),
    );
  }
}

function defineFile(runtime: string, backend: string, file: URL, cases: Cases): void {
  const run = new Run();
  beforeAll(() => run.start(runtime, backend, file));
  for (const name of Object.keys(cases)) {
    it(name, async ({ skip }) => {
      const { outcome, detail = "" } = await run.report(name);
      if (outcome === "skipped") skip(detail);
      if (outcome === "failed") expect.fail(detail);
    });
  }
  it("ends by itself and leaves nothing behind", async () => {
    expect((await run.report(LEAKS)).detail).toBeUndefined();
    expect(await run.end()).toEqual({ code: 0, left: [] });
  });
  afterAll(() => run.stop());
}

/** One file of cases in its process. */
class Run {
  readonly #tag = randomUUID();
  readonly #temp = mkdtempSync(join(tmpdir(), "pp-test-"));
  readonly #memory = new Set(sharedMemory());
  readonly #reports = new Map<string, PromiseWithResolvers<Report>>();
  #child: ChildProcess | undefined;
  #exited: Promise<number | string | null> = Promise.resolve(null);
  #output = "";

  start(runtime: string, backend: string, file: URL): void {
    const runner = fileURLToPath(new URL(`test/suite/runner${extension}`, root));
    const [program, args] = commandLine(runtime, runner, [pathToFileURL(fileURLToPath(file)).href]);
    const env = {
      ...process.env,
      [TAG]: this.#tag,
      TMPDIR: this.#temp,
      PATH: pathWithRuntimes(),
      POLYPROC_BACKEND: backend,
      NODE_OPTIONS: "",
      VITEST: "",
    };
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#output += text;
    });
    this.#exited = new Promise((resolve) => {
      child.on("close", (code, signal) => resolve(code ?? signal));
    });
  }

  async report(name: string): Promise<Report> {
    const ended = this.#exited.then((code): never => {
      throw new Error(`the runner ended with ${code} before this case\n${this.#output.slice(-4000)}`);
    });
    return Promise.race([this.#slot(name).promise, ended]);
  }

  /** How it ended, and what is left of it: processes of its tree, shared memory, sockets, files. */
  async end(): Promise<{ code: number | string | null; left: readonly string[] }> {
    const code = await this.#exited;
    const left = await settled(
      () => [
        ...taggedProcesses(this.#tag),
        ...sharedMemory().filter((name) => !this.#memory.has(name)),
        ...unixSockets(this.#temp),
        ...readdirSync(this.#temp),
      ],
      GONE_WITHIN,
    );
    return { code, left };
  }

  stop(): void {
    this.#child?.kill("SIGKILL");
    rmSync(this.#temp, { recursive: true, force: true });
  }

  #take(line: string): void {
    const at = line.indexOf(MARK);
    if (at === -1) {
      this.#output += `${line}\n`;
      return;
    }
    const report = JSON.parse(line.slice(at + MARK.length)) as Report;
    this.#slot(report.name).resolve(report);
  }

  #slot(name: string): PromiseWithResolvers<Report> {
    const known = this.#reports.get(name);
    if (known !== undefined) return known;
    const slot = Promise.withResolvers<Report>();
    this.#reports.set(name, slot);
    return slot;
  }
}
