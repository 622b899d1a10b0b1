// `npm run demo`: counts the words in the text files of a folder, on one runtime or on all of them, and compares the results.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { markdownTable } from "markdown-table";
import type { Result } from "../../examples/index-files.ts";
import { commandLine, RUNTIMES } from "../../test/suite/runtimes.ts";
import { choice, positional, readArguments, text, UsageError } from "../../tools/arguments.ts";

const program = fileURLToPath(new URL("index-with-bar.ts", import.meta.url));

/** Runs the example on a runtime. Returns undefined if it failed; it has printed the reason then. */
function runExample(runtime: string, folder: string | undefined): Result | undefined {
  console.log(`\n== ${runtime}`);
  const scratch = mkdtempSync(join(tmpdir(), "polyproc-demo-"));
  try {
    const file = join(scratch, "result.json");
    const args = [`--result=${file}`, ...(folder === undefined ? [] : [resolve(folder)])];
    const { status } = spawnSync(...commandLine(runtime, program, args), { stdio: ["ignore", "inherit", "inherit"] });
    return status === 0 ? (JSON.parse(readFileSync(file, "utf8")) as Result) : undefined;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const { folder, runtime } = readArguments(
  "npm run demo --",
  { folder: positional(text()), runtime: choice([...RUNTIMES, "all"], "node") },
  (given) => {
    if (given.folder !== undefined && statSync(given.folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new UsageError(`There is no folder ${resolve(given.folder)}.`);
  },
);
const names = runtime === "all" ? RUNTIMES : [runtime];
const results: Result[] = [];
for (const name of names) {
  const result = runExample(name, folder);
  if (result === undefined) process.exit(1);
  results.push(result);
}
if (results.length > 1) {
  const rows = results.map(({ filesPerSecond, speedUp }, i) => [names[i], String(filesPerSecond), `${speedUp.toFixed(2)}x`]);
  console.log(`\n${markdownTable([["runtime", "files/s", "speed-up"], ...rows], { align: ["l", "r", "r"] })}\n`);
  const areEqual = results.every(({ digest }) => digest === results[0]?.digest);
  console.log(areEqual ? "All runtimes found the same words." : "The results of the runtimes differ.");
  if (!areEqual) process.exit(1);
}
