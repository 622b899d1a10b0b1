// Where a search finds functions: behind require(), import() and packages, in files with JSX, from symbolic links, and by registered names.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { functionCheck, isSameFunction } from "../../src/target/function-check.ts";
import { registeredTarget, registerTarget } from "../../src/target/registry.ts";
import { namesIn, readStatements } from "../../src/target/statements.ts";
import { commandLine } from "../suite/runtimes.ts";

const mod = JSON.stringify(fileURLToPath(new URL("../../mod.ts", import.meta.url)));
const count = (name: string): string => `(globalThis.evaluated ??= []).push("${name}");`;

/** Runs the functions in one worker, and prints what comes of it, and which modules this process has evaluated twice. */
const RUN = `async function run(targets) {
  const pool = new Pool({ processes: 1 });
  const results = [];
  for (const target of targets) results.push(await pool.apply(target, [1]).catch((error) => error.name + ": " + error.message));
  await pool.close();
  await pool.join();
  const all = globalThis.evaluated ?? [];
  console.log(JSON.stringify({ results, again: all.filter((name, i) => all.indexOf(name) !== i), never: all.includes("never") }));
}
`;

const FILES: Readonly<Record<string, string>> = {
  "package.json": "{}",
  "node_modules/a/package.json": '{"name":"a","version":"1.0.0","type":"module","exports":"./index.js"}',
  "node_modules/a/index.js": `${count("a")} import { tool } from "./inner.js"; import { deep } from "b"; export const tools = { tool, deep };`,
  "node_modules/a/inner.js": `${count("inner")} export function tool(n) { return "tool" + n; }`,
  "node_modules/a/node_modules/b/package.json": '{"name":"b","version":"1.0.0","type":"module","exports":"./index.js"}',
  "node_modules/a/node_modules/b/index.js": 'export { deep } from "./deep.js";',
  "node_modules/a/node_modules/b/deep.js": `${count("deep")} export function deep(n) { return "deep" + n; }`,
  "node_modules/c/package.json": '{"name":"c","version":"1.0.0","main":"./index.js"}',
  "node_modules/c/index.js": 'const inner = require("./inner.js"); exports.api = { go: inner.inPackage };',
  "node_modules/c/inner.js":
    'const all = {}; all.inPackage = function inPackage(n) { return "inPackage" + n; }; module.exports = Object.assign({}, all);',
  "lib.cjs": `${count("lib")} function hidden(n) { return "hidden" + n; } module.exports = Object.fromEntries([["hidden", hidden]]);`,
  "whole.cjs": `${count("whole")} module.exports = function whole(n) { return "whole" + n; };`,
  "getter.cjs":
    'function got(n) { return "got" + n; } Object.defineProperty(exports, "got", { get: () => got, enumerable: true }); Object.defineProperty(exports, "lazy", { get: () => require("./never.cjs"), enumerable: true });',
  "never.cjs": `${count("never")}`,
  "main.cjs": `const { Pool } = require(${mod});
const { hidden } = require("./lib.cjs"); const whole = require("./whole.cjs"); const { got } = require("./getter.cjs"); const c = require("c");
function own(n) { return "own" + n; }
exports.own = own;
${RUN}
if (require.main === module) run([own, hidden, whole, got, c.api.go, (n) => n]);
`,
  "dynamic.mjs": `${count("dynamic")} export function dynamic(n) { return "dynamic" + n; }`,
  "never.mjs": `${count("never")} export function dynamic(n) { return "never" + n; }`,
  "main.mjs": `import { isMain, Pool, registerTarget } from ${mod};
import { createRequire } from "node:module";
import { tools } from "a";
import c from "c";
${count("main")}
const { hidden } = createRequire(import.meta.url)("./lib.cjs");
export const never = () => import("./never.mjs");
const times = (factor) => (n) => n * factor;
export const seven = { times: registerTarget(times(7), "seven times") };
${RUN}
if (isMain(import.meta)) {
  const { dynamic } = await import("./dynamic.mjs");
  await run([tools.tool, tools.deep, c.api.go, hidden, dynamic, seven.times]);
}
`,
  "jsx-lib.mjs": 'export function named(n) { return "named" + n; }',
  "main.tsx": `/** @jsxRuntime classic @jsx h */
import { Pool } from ${mod};
import { named } from "./jsx-lib.mjs";
const h = (...parts: unknown[]) => parts;
export function view() { return <p className="x">Don't \`close</p>; }
export function own(n: number) { return "own" + n; }
${RUN.replaceAll(/\((targets|error|name, i)\)/g, (_, names: string) => `(${names.replaceAll(/\w+/g, (name) => `${name}: any`)})`)
  .replace("results = []", "results: any[] = []")
  .replaceAll("globalThis", "(globalThis as any)")}
if (import.meta.main) await run([own, named]);
`,
  "is-main.cjs": `const { isMain } = require(${mod}); console.log(isMain({}));`,
  "not-main.cjs": 'require("./is-main.cjs");',
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pp-search-"));
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  mkdirSync(join(folder, "bin"));
  symlinkSync("../main.mjs", join(folder, "bin/tool"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(runtime: string, path: string): Promise<unknown> {
  const [program, [...args]] = commandLine(runtime, join(folder, path));
  const { stdout } = await promisify(execFile)(program, args, { timeout: 40_000, env: { ...process.env, NODE_OPTIONS: "", VITEST: "" } });
  return JSON.parse(stdout);
}

const MODULES = { results: ["tool1", "deep1", "inPackage1", "hidden1", "dynamic1", 7], again: [], never: false };

describe.each(["node", "deno", "bun"])("on %s, a worker gets", (runtime) => {
  it("functions that came by require(), wherever their module lies, and no closure", async () => {
    expect(await run(runtime, "main.cjs")).toEqual({
      results: ["own1", "hidden1", "whole1", "got1", "inPackage1", expect.stringMatching(/^StateError: Cannot find an export.*closure/)],
      again: [],
      never: false,
    });
  });

  it("functions that came by import(), and those from inside of packages", async () => {
    expect(await run(runtime, "main.mjs")).toEqual(MODULES);
  });

  // Deno takes the link itself for the module, and does not find what that imports.
  it.runIf(runtime !== "deno")("the functions of a main module that is a symbolic link", async () => {
    expect(await run(runtime, "bin/tool")).toEqual(MODULES);
  });

  // Node does not run JSX.
  it.runIf(runtime !== "node")("functions that a file with JSX imports", async () => {
    expect(await run(runtime, "main.tsx")).toEqual({ results: ["own1", "named1"], again: [], never: false });
  });

  it("isMain asks for the calling file where import.meta is empty", async () => {
    expect(await run(runtime, "is-main.cjs")).toBe(true);
    expect(await run(runtime, "not-main.cjs")).toBe(false);
  });
});

describe("registered targets", () => {
  it("have one name each, and give the function back", () => {
    const work = (): void => {};
    expect(registerTarget(work, "work")).toBe(work);
    expect(registerTarget(work, "work")).toBe(work);
    expect(() => registerTarget(() => {}, "work")).toThrow(/^Another function is registered as "work"/);
    for (const name of ["", 1, undefined]) expect(() => registerTarget(work, name as string)).toThrow(TypeError);
    expect(() => registerTarget(1 as never, "one")).toThrow(TypeError);
    expect(registeredTarget("work", "")).toBe(work);
    expect(() => registeredTarget("wrok", "file:///a.js")).toThrow(
      /^No target is registered as "wrok" once file:\/\/\/a.js has run, only .*"work"/,
    );
  });
});

describe("statements", () => {
  it("name what they take", () => {
    expect(namesIn('import a, { b, c as d, type E } from "x"')).toEqual(["default", "b", "c"]);
    expect(namesIn('import * as a from "x"')).toEqual(["*"]);
    expect(namesIn('export { a as b } from "x"')).toEqual(["a"]);
    expect(namesIn('import "x"')).toEqual([]);
  });

  it("are found in texts that can't be parsed", () => {
    const text = `import a from "x";\nimport type { B } from "y";\nexport default function c() {}\nexport const d = 1;\nexport { e as f };\nawait import("z");`;
    expect(readStatements(text)).toEqual({
      imports: [
        { specifier: "x", names: ["default"] },
        { specifier: "z", names: ["*"] },
      ],
      exports: [
        { name: "default", local: "c" },
        { name: "d", local: "d" },
        { name: "f", local: "e" },
      ],
    });
  });
});

it("a function whose text was transformed is recognised by its name, kind and number of parameters", () => {
  const double = (n: number): number => 2 * n;
  const check = functionCheck(double, true);
  expect(isSameFunction(double, check)).toBe(true);
  for (const other of [Object.defineProperty(() => 1, "name", { value: "double" }), (n: number): number => n])
    expect(isSameFunction(other, check)).toBe(false);
});
