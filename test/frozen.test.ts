// Programs that contain polyproc: bundles and executable files. Their children run the program's own file.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type OutputOptions, rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandLine, commands } from "./suite/runtimes.ts";

const mod = JSON.stringify(fileURLToPath(new URL("../mod.ts", import.meta.url)));
const programOf = (runtime: string): string => commands[runtime]?.[0] ?? "";

let folder: string;

const LIBRARY = `
import { currentProcess, registerTarget } from ${mod};
export const double = registerTarget(async (n) => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return 2 * n;
}, "double");
export const put = registerTarget((queue) => queue.put([currentProcess().name, process.argv.includes("--polyproc-child")]), "put");
export const fail = registerTarget(() => { throw new RangeError("as asked"); }, "fail");
export const stay = registerTarget((queue) => queue.put(process.pid).then(() => { for (;;); }), "stay");
export const nest = registerTarget(async (n) => {
  const { Process } = await import(${mod});
  const p = new Process({ target: double, args: [n] });
  await p.start();
  return p.result();
}, "nest");
export const leaveTimer = registerTarget(() => void setTimeout(() => {}, 300), "leaveTimer");
export function unnamed() {}
`;

const IMPORTS = `
import { appendFileSync } from "node:fs";
import { double, fail, leaveTimer, nest, put, stay, unnamed } from "./frozen-lib.mjs";
import { freezeSupport, Pool, Process, Queue } from ${mod};
appendFileSync(process.env.RUNS, "x");
`;

const MAIN = `
async function main() {
  const run = async (options) => {
    const p = new Process(options);
    try {
      await p.start();
      return await p.result();
    } catch (error) {
      return error.name + ": " + error.message;
    }
  };
  const queue = new Queue();
  if (process.env.STAY) {
    void run({ target: stay, args: [queue] });
    console.log(await queue.get());
    for (;;);
  }
  const results = { double: await run({ target: double, args: [4] }), fail: await run({ target: fail, stderr: "null" }) };
  results.nest = await run({ target: nest, args: [5] });
  results.unnamed = await run({ target: unnamed });
  const putting = new Process({ target: put, args: [queue] });
  await putting.start();
  results.put = await queue.get();
  results.exitCode = await putting.join();
  const leaving = new Process({ target: leaveTimer });
  await leaving.start();
  results.left = await leaving.join();
  queue.close();
  const pool = new Pool({ processes: 1 });
  results.pool = await pool.map(double, [1, 2]);
  await pool.close();
  await pool.join();
  console.log(JSON.stringify(results));
}
`;

const EXPECTED = {
  double: 8,
  fail: "RangeError: as asked",
  nest: 10,
  unnamed: expect.stringMatching(/^StateError: The function "unnamed\d?" is not registered.*registerTarget\(fn, "unnamed\d?"\)/),
  put: ["Process-5", false],
  exitCode: 0,
  left: 0,
  pool: [2, 4],
};
/** The program, and its children: double, fail, nest and its child, put, leaveTimer and a worker. */
const RUNS = 8;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pp-frozen-"));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write("frozen-lib.mjs", LIBRARY);
  write("main.mjs", `${IMPORTS}await freezeSupport();${MAIN}await main();`);
  write("main-cjs.mjs", `${IMPORTS}freezeSupport().then(main);${MAIN}`);
  for (const [input, output] of [
    ["main.mjs", { file: "bundle.mjs", format: "esm" }],
    ["main.mjs", { file: "minified.mjs", format: "esm", minify: true }],
    ["main-cjs.mjs", { file: "bundle.cjs", format: "cjs" }],
  ] as const) {
    const build = await rolldown({ input: join(folder, input), platform: "node", logLevel: "silent" });
    const options: OutputOptions = { ...output, file: join(folder, output.file), codeSplitting: false };
    await build.write(options);
    await build.close();
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const runs = join(folder, "runs");
  rmSync(runs, { force: true });
  return { ...process.env, RUNS: runs, NODE_OPTIONS: "", VITEST: "", ...more };
}

function run(file: string, args: readonly string[] = []): { results: unknown; runs: number } {
  const env = environment();
  const output = execFileSync(file, args, { env, cwd: folder, encoding: "utf8", timeout: 50_000, killSignal: "SIGKILL" });
  return { results: JSON.parse(output), runs: readFileSync(join(folder, "runs"), "utf8").length };
}

const bundled = (runtime: string, name: string): [string, string[]] => commandLine(runtime, join(folder, name));

describe.each(["node", "deno", "bun"])("a bundle that contains polyproc, on %s", (runtime) => {
  const names = runtime === "node" ? ["bundle.mjs", "minified.mjs", "bundle.cjs"] : ["bundle.mjs"];
  it.each(names)("starts its children from its own file: %s", (name) => {
    const { results, runs } = run(...bundled(runtime, name));
    const { unnamed, ...others } = EXPECTED;
    // A minifier gives functions other names.
    expect(results).toEqual({ ...others, unnamed: name === "minified.mjs" ? expect.stringMatching(/is not registered/) : unnamed });
    expect(runs).toBe(RUNS);
  });

  it("a child that computes ends when its parent is killed", async () => {
    const [file, args] = bundled(runtime, "bundle.mjs");
    const program = spawn(file, args, { env: environment({ STAY: "1" }), stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(program.stdout, "data")) as [Buffer];
    const pid = Number(line);
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    program.kill("SIGKILL");
    for (let tries = 0; tries < 60 && existsSync(`/proc/${pid}`); tries++) await sleep(100);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});

describe("an executable file that contains polyproc starts its children from itself", () => {
  it("Node's single executable", () => {
    writeFileSync(
      join(folder, "sea.json"),
      JSON.stringify({ main: "bundle.cjs", output: "node-app", disableExperimentalSEAWarning: true }),
    );
    execFileSync(programOf("node"), ["--build-sea", "sea.json"], { cwd: folder, stdio: "pipe" });
    expect(run(join(folder, "node-app"))).toEqual({ results: EXPECTED, runs: RUNS });
  });

  it("bun build --compile", () => {
    execFileSync(programOf("bun"), ["build", "--compile", "main.mjs", "--outfile", "bun-app"], { cwd: folder, stdio: "pipe" });
    expect(run(join(folder, "bun-app"))).toEqual({ results: EXPECTED, runs: RUNS });
  });
});

it("does nothing in a program that is neither", () => {
  writeFileSync(join(folder, "usual.mjs"), `import { freezeSupport } from ${mod}; await freezeSupport(); console.log("goes on");`);
  for (const runtime of ["node", "deno", "bun"]) {
    const [file, args] = bundled(runtime, "usual.mjs");
    expect(execFileSync(file, args, { env: environment(), encoding: "utf8", timeout: 30_000 })).toBe("goes on\n");
  }
});
