// The examples in README.md and docs/pool.md run, and print what the documents say.
import { describe, expect, it } from "vitest";
import * as polyproc from "../mod.ts";
import { blocksIn, checkFirstExamples, programIn, shownBy, written } from "./suite/documents.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";

/** The blocks of a document as one program: functions in its module, and all others one after the other, with a pool. */
function joined(blocks: readonly string[]): string {
  const functions = blocks.filter((block) => block.startsWith("export "));
  const uses = blocks.filter((block) => !block.startsWith("export "));
  const names = Object.keys(polyproc).filter((name) => new RegExp(`\\b${name}\\b`).test(blocks.join("")));
  return `import { isMain, ${names.join(", ")} } from "polyproc";

${functions.join("\n")}
if (isMain(import.meta)) {
  const pool = new Pool({ processes: 2 });
  try {
${uses.map((block) => `{\n${block}}`).join("\n")}
  } finally {
    pool.terminate();
  }
}
`;
}

describe.each(RUNTIMES)("%s: examples in documents", (runtime) => {
  it("the first examples of README.md", () => checkFirstExamples(runtime));

  it("the first example of README.md shows what a worker throws", async () => {
    const program = programIn("README.md", "fibonacci.ts");
    const throwing = program.replace(/return n .*;/, `throw new RangeError("no number");`);
    const failing = new Program(runtime, written(throwing));
    expect(await failing.closed).toBe(1);
    expect(failing.stderr).toMatch(/RangeError: no number\n.*\bfibonacci\b/);
  });

  it("docs/pool.md", { timeout: 120_000 }, async () => {
    const blocks = blocksIn("docs/pool.md");
    const program = new Program(runtime, written(joined(blocks)));
    expect(await program.closed, program.stderr).toBe(0);
    expect(program.stdout.trim().replaceAll("\n", ", ")).toBe(shownBy(blocks.filter((block) => block.includes("console.log")).join("")));
    expect(program.files()).toEqual([]);
  });
});
