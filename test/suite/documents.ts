// The examples in the documents, as programs that run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { tested } from "./code.ts";
import { Program } from "./program.ts";

/** The TypeScript code blocks of a document, in their order. */
export function blocksIn(document: string): string[] {
  const text = readFileSync(new URL(`../../${document}`, import.meta.url), "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
}

/** The program of a document whose first line is a comment with this file name. */
export function programIn(document: string, name: string): string {
  const found = blocksIn(document).find((block) => block.startsWith(`// ${name}\n`));
  if (found === undefined) throw new Error(`${document} has no program ${name}.`);
  return found;
}

/** Writes a program that imports polyproc into a folder of its own. Its polyproc is the module with this path. */
export function written(program: string, polyproc: string = fileURLToPath(tested.module("mod"))): string {
  const folder = mkdtempSync(join(tmpdir(), "pp-document-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "program.ts");
  writeFileSync(file, program.replace('from "polyproc"', `from ${JSON.stringify(polyproc)}`));
  return file;
}

/** What the comments behind calls of console.log say that they print, line by line. A comment may stand for several lines: "1, 4, 9". */
export function shownBy(block: string): string {
  return [...block.matchAll(/console\.log\(.*?\/\/ (.*)$/gm)].map(([, shown]) => shown).join(", ");
}

/** Runs the first examples of README.md, and expects that they print their results. */
export async function checkFirstExamples(runtime: string, polyproc?: string): Promise<void> {
  const [fibonacci, squares] = ["fibonacci.ts", "squares.ts"].map((name) => programIn("README.md", name)) as [string, string];
  expect(await outputOf(runtime, written(fibonacci, polyproc))).toBe(`${shownBy(fibonacci)}\n`);
  const numbers = (await outputOf(runtime, written(squares, polyproc))).trim().split("\n").map(Number);
  expect(numbers.sort((a, b) => a - b)).toEqual([1, 4, 9, 16, 25, 36, 49, 64, 81, 100]);
}

async function outputOf(runtime: string, file: string): Promise<string> {
  const program = new Program(runtime, file);
  expect(await program.closed, program.stderr).toBe(0);
  expect(program.files()).toEqual([]);
  return program.stdout;
}
