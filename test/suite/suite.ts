import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chosenTier, LEAKS, MARK, type Report } from "./case.ts";
import { type CaseFile, type CaseFolder, findCases } from "./case-files.ts";
import { tested } from "./code.ts";
import { settled, sharedMemory, TAG, taggedProcesses, unixSockets } from "./leaks.ts";
import { hasLibrary } from "./library.ts";
import { commandLine, pathWithRuntimes, RUNTIMES } from "./runtimes.ts";

export { hasLibrary } from "./library.ts";

interface SuiteOptions {
  /** These folders of cases alone, instead of all. */
  readonly folders?: readonly string[];
  /** These files of cases alone, instead of all. */
  readonly names?: readonly string[];
  /** This tier, also if another one was chosen. */
  readonly tier?: string;
  readonly setting?: Setting;
}

/** What the process of the cases has in addition. Its children have it too. */
export interface Setting {
  /** A module that is loaded before anything else. */
  readonly preload: string;
  readonly env: Readonly<Record<string, string>>;
  /** A module that says which cases can't be tried: see runner.ts. */
  readonly skipped: string;
}

/** The flags by which runtimes load a module first. */
const PRELOAD: Readonly<Record<string, string>> = { node: "--import", deno: "--preload", bun: "--preload" };

const GONE_WITHIN = 2_000;
/** About so many files share a process, because its start costs about a second. */
const FILES_IN_A_PROCESS = 20;

/**
 * All cases, run by one runtime. The files of some folders share a process; each file is checked for leaks by itself, and the process must
 * end and leave nothing behind.
 */
export async function defineSuite(
  runtime: string,
  backend = "portable",
  { folders, names, tier = tierFor(runtime, backend), setting }: SuiteOptions = {},
): Promise<void> {
  const isHere = backend !== "native" || hasLibrary();
  const found = (await findCases(backend, tier, names)).filter(({ name }) => folders === undefined || folders.includes(name));
  for (const together of processesFor(found)) {
    const files = together.flatMap((folder) => folder.files);
    const run = new Run({ runtime, backend, tier, files, setting });
    for (const file of files)
      describe.skipIf(!isHere)(`${runtime}, ${backend}: ${file.name}`, () => {
        beforeAll(() => run.start());
        defineCases(run, file);
      });
    describe.skipIf(!isHere)(`${runtime}, ${backend}: the process of ${together.map(({ name }) => name).join(", ")}`, () => {
      beforeAll(() => run.start());
      it("ends by itself and leaves nothing behind", async () => {
        expect(await run.end()).toEqual({ code: 0, left: [] });
      });
      afterAll(() => run.stop());
    });
    // vitest does not run the hooks above if a filter leaves out all their tests.
    afterAll(() => run.stop());
  }
}

// The tests have a limit of time, and the slow cases take most of it. On the portable backend each of them runs on one runtime, unless files were
// chosen: its code is the same on all of them, and the native backend runs all cases on each.
function tierFor(runtime: string, backend: string): string {
  const tier = chosenTier();
  const place = (RUNTIMES as readonly string[]).indexOf(runtime);
  const isWhole = tier !== "full" || backend !== "portable" || place < 0 || process.env.POLYPROC_TEST_FILES !== undefined;
  return isWhole ? tier : `share ${place}/${RUNTIMES.length}`;
}

/** The folders that share a process. */
function processesFor(folders: readonly CaseFolder[]): CaseFolder[][] {
  const processes: CaseFolder[][] = [];
  let files = FILES_IN_A_PROCESS;
  for (const folder of folders) {
    if (files >= FILES_IN_A_PROCESS) {
      processes.push([]);
      files = 0;
    }
    processes.at(-1)?.push(folder);
    files += folder.files.length;
  }
  return processes;
}

function defineCases(run: Run, file: CaseFile): void {
  for (const name of Object.keys(file.cases)) {
    it(name, async ({ skip }) => {
      const { outcome, detail = "" } = await run.report(file, name);
      if (outcome === "skipped") skip(detail);
      if (outcome === "failed") expect.fail(detail);
    });
  }
  it(LEAKS, async () => {
    expect((await run.report(file, LEAKS)).detail).toBeUndefined();
  });
}

interface RunSettings {
  readonly runtime: string;
  readonly backend: string;
  readonly tier: string;
  readonly files: readonly CaseFile[];
  readonly setting: Setting | undefined;
}

/** The process that runs the cases of some folders. */
class Run {
  readonly #tag = randomUUID();
  readonly #reports = new Map<string, PromiseWithResolvers<Report>>();
  readonly #settings: RunSettings;
  #temp = "";
  #child: ChildProcess | undefined;
  #exited: Promise<number | string | null> = Promise.resolve(null);
  #output = "";

  constructor(settings: RunSettings) {
    this.#settings = settings;
  }

  /** Starts the process, unless it was started for another file. */
  start(): void {
    if (this.#child !== undefined) return;
    this.#temp = mkdtempSync(join(tmpdir(), "pp-test-"));
    const { runtime, backend, tier, files, setting } = this.#settings;
    const cases = files.map((file) => this.#urlOf(file));
    const flags = setting === undefined ? [] : [PRELOAD[runtime] ?? "", fileURLToPath(tested.module(setting.preload))];
    const skipped = setting === undefined ? [] : ["--skipped", tested.module(setting.skipped).href];
    const [program, args] = commandLine(runtime, fileURLToPath(tested.module("test/suite/runner")), [...cases, ...skipped], flags);
    const env = {
      ...process.env,
      [TAG]: this.#tag,
      TMPDIR: this.#temp,
      PATH: pathWithRuntimes(),
      POLYPROC_BACKEND: backend,
      POLYPROC_TEST_TIER: tier,
      NODE_OPTIONS: "",
      VITEST: "",
      ...setting?.env,
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

  /** Waits for the result of a case of a file. */
  async report(file: CaseFile, name: string): Promise<Report> {
    const ended = this.#exited.then((code): never => {
      throw new Error(`the runner ended with ${code} before this case\n${this.#output.slice(-4000)}`);
    });
    return Promise.race([this.#report(this.#urlOf(file), name).promise, ended]);
  }

  /** How the process ended, and what is left: processes of its tree, shared memory, sockets, files. */
  async end(): Promise<{ code: number | string | null; left: readonly string[] }> {
    const code = await this.#exited;
    const left = await settled(
      () => [...taggedProcesses(this.#tag), ...sharedMemory(this.#tag), ...unixSockets(this.#temp), ...readdirSync(this.#temp)],
      GONE_WITHIN,
    );
    return { code, left };
  }

  stop(): void {
    this.#child?.kill("SIGKILL");
    if (this.#temp !== "") rmSync(this.#temp, { recursive: true, force: true });
  }

  #urlOf(file: CaseFile): string {
    return tested.module(`test/cases/${file.name}`).href;
  }

  #take(line: string): void {
    const at = line.indexOf(MARK);
    if (at === -1) {
      this.#output += `${line}\n`;
      return;
    }
    const report = JSON.parse(line.slice(at + MARK.length)) as Report;
    this.#report(report.file, report.name).resolve(report);
  }

  #report(file: string, name: string): PromiseWithResolvers<Report> {
    const key = `${file} ${name}`;
    const known = this.#reports.get(key);
    if (known !== undefined) return known;
    const report = Promise.withResolvers<Report>();
    this.#reports.set(key, report);
    return report;
  }
}
