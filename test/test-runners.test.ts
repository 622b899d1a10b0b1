// Tests that start processes, run by the test runners of the three runtimes.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { commands, pathWithRuntimes } from "./suite/runtimes.ts";

const config = fileURLToPath(new URL("../deno.json", import.meta.url));
const mod = JSON.stringify(fileURLToPath(new URL("../mod.ts", import.meta.url)));
const runners: Readonly<Record<string, { readonly flags: readonly string[]; readonly importTest: string }>> = {
  node: { flags: ["--test"], importTest: 'import test from "node:test";' },
  deno: { flags: ["test", "-A", "--no-check", "--no-lock", "--config", config], importTest: "const { test } = Deno;" },
  bun: { flags: ["test"], importTest: 'import { test } from "bun:test";' },
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pp-runners-"));
  writeFileSync(join(folder, "double.mjs"), "export function double(n) { return 2 * n; }\n");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const second = `
  const p = new Process({ target: double, args: [4] });
  await p.start();
  if ((await p.result()) !== 8) throw new Error("not doubled");
  await p.join();
`;
const withMockTimers = `
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"] });
  try {
    ${second}
    const q = new Queue();
    const said = await q.get({ timeout: 50 }).catch((error) => error.name);
    if (said !== "Empty") throw new Error(said);
    q.close();
  } finally {
    mock.timers.reset();
  }
`;

/** Runs a test file. Its second test starts a process, after the import of the file has ended. */
function run(runtime: string, name: string, double: string, body = second): { code: number | null; output: string; runs: number } {
  const runner = runners[runtime];
  const runs = join(folder, `${name}.runs`);
  const text = `${runner?.importTest}
import { appendFileSync, readFileSync } from "node:fs";
import { mock } from "node:test";
import { Process, Queue } from ${mod};
${double}
appendFileSync(process.env.RUNS, "x");
if (readFileSync(process.env.RUNS).length > 3) process.exit(9); // It starts itself again and again.
test("first", () => new Promise((resolve) => setTimeout(resolve, 10)));
test("second", async () => {${body}});
`;
  const file = join(folder, `${name}.test.mjs`);
  writeFileSync(file, text);
  const env = { ...process.env, RUNS: runs, PATH: pathWithRuntimes(), NODE_OPTIONS: "", VITEST: "", NO_COLOR: "1" };
  const [program = ""] = commands[runtime] ?? [];
  const ended = spawnSync(program, [...(runner?.flags ?? []), file], {
    env,
    cwd: folder,
    encoding: "utf8",
    timeout: 50_000,
    killSignal: "SIGKILL",
  });
  return { code: ended.status, output: ended.stdout + ended.stderr, runs: readFileSync(runs, "utf8").length };
}

it.each(Object.keys(runners))("a target in a module of its own works, on %s", (runtime) => {
  const { code, output, runs } = run(runtime, `module-${runtime}`, 'import { double } from "./double.mjs";');
  expect(code, output).toBe(0);
  expect(runs).toBe(1);
});

it("a target in the test file does not start the tests again and again: the child's test fails and says why, on Node", () => {
  const { code, output, runs } = run("node", "own-node", "export function double(n) { return 2 * n; }");
  expect(code).toBe(1);
  expect(output).toMatch(/its target did not call.*In a test, move the target to a module of its own/);
  // The test runner, and its one child.
  expect(runs).toBe(2);
});

it("a target in the test file can't be imported outside of the test runner, on Bun", () => {
  const { code, output, runs } = run("bun", "own-bun", "export function double(n) { return 2 * n; }");
  expect(code).toBe(1);
  expect(output).toMatch(/outside of the test runner/);
  expect(runs).toBe(2);
});

it("a target in the test file works, because a child registers no tests, on Deno", () => {
  const { code, output, runs } = run("deno", "own-deno", "export function double(n) { return 2 * n; }");
  expect(code, output).toBe(0);
  expect(runs).toBe(2);
});

it.each(Object.keys(runners))("mock timers of node:test stop no call, on %s", (runtime) => {
  const { code, output } = run(runtime, `mocks-${runtime}`, 'import { double } from "./double.mjs";', withMockTimers);
  expect(code, output).toBe(0);
});
