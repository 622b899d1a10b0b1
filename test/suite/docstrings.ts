// The examples in docstrings, as one program that runs.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import * as polyproc from "../../mod.ts";
import { tested } from "./code.ts";
import { shownBy } from "./documents.ts";
import { hasLibrary } from "./library.ts";
import { Program } from "./program.ts";

export interface Example {
  readonly where: string;
  readonly code: string;
}

/** Functions that the examples of a pool's methods use. That of the class shows how they are defined. */
const TARGETS: Readonly<Record<string, string>> = {
  add: "(a: number, b: number): number => a + b",
  square: "(x: number): number => x * x",
  linesOf: '(): string[] => ["a line"]',
  increment: "(n = 0): number => n + 1",
  Counter: "class Counter { n: number; constructor(n: number) { this.n = n; } next(): number { return ++this.n; } }",
};

const sources = fileURLToPath(new URL("../../src/", import.meta.url));
const all = readdirSync(sources, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .sort()
  .flatMap(examplesIn);
// Those that change what is set for the whole process come last.
all.sort((a, b) => Number(a.code.startsWith("set")) - Number(b.code.startsWith("set")));

/** The examples that need no server. */
export const LOCAL: readonly Example[] = all.filter(({ code }) => !code.includes("connectCluster("));
/** The examples that need a server of NATS. */
export const ON_CLUSTER: readonly Example[] = all.filter(({ code }) => code.includes("connectCluster("));

function examplesIn(file: string): Example[] {
  const comments = readFileSync(join(sources, file), "utf8").match(/\/\*\*[\s\S]*?\*\//g) ?? [];
  return comments
    .flatMap((comment) => [...comment.matchAll(/@example\s+([\s\S]*?)(?=\n\s*\* @|\*\/)/g)])
    .map(([, text = ""]) => text.replaceAll(/^\s*\* ?/gm, "").replaceAll(/^```(ts)?$/gm, ""))
    .map((code, index) => ({ where: `${file}, example ${index + 1}`, code: code.trim() }));
}

/** Makes a module of an example. All run in one program, because the start of a process takes longer than an example. */
function moduleOf(code: string, mod: string): string {
  const uses = (name: string): boolean => new RegExp(`(?<![.\\w])${name}\\b`).test(code);
  const usesPool = uses("pool") && !/(using|const) pool\b/.test(code);
  const names = new Set(["parentProcess", ...(usesPool ? ["Pool"] : []), ...Object.keys(polyproc).filter(uses)]);
  const targets = Object.keys(TARGETS).filter((name) => uses(name) && !new RegExp(`function ${name}\\b`).test(code));
  return [
    `import { ${[...names].join(", ")} } from ${JSON.stringify(mod)};`,
    ...(targets.length === 0 ? [] : [`import { ${targets.join(", ")} } from "./targets.ts";`]),
    ...(usesPool ? ["await using pool = new Pool({ processes: 1 });"] : []),
    code.replace("isMain(import.meta)", "parentProcess() === null"),
  ].join("\n");
}

function writeProgram(examples: readonly Example[], mod: string): string {
  const folder = mkdtempSync(join(tmpdir(), "pp-docstrings-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const targets = Object.entries(TARGETS).map(([name, code]) => `export const ${name} = ${code};\n`);
  writeFileSync(join(folder, "targets.ts"), targets.join(""));
  for (const [index, { code }] of examples.entries()) writeFileSync(join(folder, `example${index}.ts`), moduleOf(code, mod));
  const main = join(folder, "main.ts");
  // A child of one example is no active child of the next.
  const steps = examples.map((_, index) => [
    `await import("./example${index}.ts");`,
    `console.log("== ${index}");`,
    "for (const child of activeChildren()) await child.join();",
  ]);
  writeFileSync(main, [`import { activeChildren } from ${JSON.stringify(mod)};`, ...steps.flat()].join("\n"));
  return main;
}

/** A text without what differs between the ways in which runtimes write a value. */
function plain(text: string): string {
  return text.replaceAll(/[\s,"']|\(\d+\)/g, "");
}

/** The outputs that are right: `1 or 2` are two, and what follows a colon, as in `false: nobody notified`, explains. */
function outputsOf({ code }: Example): string[] {
  if (code.startsWith("if (capabilities()") && !hasLibrary()) return [""];
  return shownBy(code)
    .split(" or ")
    .map((text) => plain(text.replace(/: [a-z ]+$/, "")));
}

/** Runs examples on a runtime, and expects that each prints what its comments say. */
export async function checkExamples(runtime: string, examples: readonly Example[]): Promise<void> {
  const mod = fileURLToPath(tested.module("mod"));
  const program = new Program(runtime, writeProgram(examples, mod), { env: { POLYPROC_BACKEND: hasLibrary() ? "native" : "portable" } });
  const code = await program.closed;
  const printed = program.stdout.split(/== \d+\n/);
  const failed = examples[printed.length - 1];
  expect(code, `${failed?.where}\n${failed?.code}\n${program.stderr}`).toBe(0);
  for (const [index, example] of examples.entries())
    expect(outputsOf(example), `${example.where}\n${example.code}\n`).toContain(plain(printed[index] ?? ""));
  expect(program.files()).toEqual([]);
}
