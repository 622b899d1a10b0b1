// Kills the same process in CPython and in polyproc, and prints side by side what the others see then.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { markdownTable } from "markdown-table";
import { buildNative } from "../scripts/build-native.mjs";
import { root } from "../scripts/setup.mjs";
import { commandLine, pathWithRuntimes, RUNTIMES } from "../test/suite/runtimes.ts";
import { choice, readArguments } from "../tools/arguments.ts";
import { killTagged, TAG } from "../tools/processes.ts";
import { findPythons } from "../tools/python.ts";
import { rows } from "./rows.mjs";

const OLDEST_MINOR = 11;
const LIMIT_MS = 60_000;

const { row, backend } = readArguments("npm run faults --", {
  row: choice(rows.map(({ id }) => id)),
  backend: choice(["native", "portable"]),
});

/** Runs the program of a row and returns what it observed. */
async function observe(program, args) {
  const tag = randomUUID();
  const temp = mkdtempSync(join(tmpdir(), "pp-faults-"));
  const env = { ...process.env, PATH: pathWithRuntimes(), TMPDIR: temp, [TAG]: tag, NODE_OPTIONS: "" };
  if (backend !== undefined) env.POLYPROC_BACKEND = backend;
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const limit = setTimeout(() => killTagged(tag), LIMIT_MS);
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"])
    child[stream].setEncoding("utf8").on("data", (text) => {
      output[stream] += text;
    });
  await new Promise((resolve) => child.on("exit", resolve));
  clearTimeout(limit);
  // Processes that are left hold the output open.
  killTagged(tag);
  if (child.stdout.readable || child.stderr.readable) await new Promise((resolve) => child.on("close", resolve));
  rmSync(temp, { recursive: true, force: true });
  const line = output.stdout.split("\n").find((each) => each.startsWith("{"));
  if (line !== undefined) return JSON.parse(line);
  throw new Error(
    `${program} ${args.join(" ")} observed nothing within ${LIMIT_MS / 1000} s and ended with ${child.exitCode ?? child.signalCode}:\n${output.stderr}`,
  );
}

function timeText(ms) {
  if (ms < 1) return "< 1 ms";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** The observations on all runtimes in one cell: the text only once, if it is the same on each. */
function joinObservations(results) {
  const texts = new Set(results.map(({ observed }) => observed));
  if (texts.size === 1) return `${results[0].observed} (${results.map(({ ms }) => timeText(ms)).join(", ")})`;
  return results.map(({ observed, ms }, i) => `${RUNTIMES[i]}: ${observed} (${timeText(ms)})`).join("; ");
}

const [python] = findPythons();
if (python === undefined || python.minor < OLDEST_MINOR) {
  console.error(`The comparison needs CPython 3.${OLDEST_MINOR} or later: set POLYPROC_PYTHON to its program, or put python3 on PATH.`);
  process.exit(1);
}
console.error(`Native library: ${buildNative()}.`);

const broken = [];
const table = [["fault", `CPython ${python.version}`, `polyproc (${RUNTIMES.join(", ")})`]];
for (const { id, fault } of rows.filter((each) => row === undefined || each.id === row)) {
  const theirs = await observe(python.path, [join(root, "faults", `${id}.py`)]);
  const ours = [];
  for (const runtime of RUNTIMES) {
    const result = await observe(...commandLine(runtime, join(root, "faults", `${id}.ts`)));
    if (!result.ok) broken.push(`${id} on ${runtime}: ${result.observed}`);
    ours.push(result);
  }
  table.push([fault, `${theirs.observed} (${timeText(theirs.ms)})`, joinObservations(ours)]);
  console.error(`Done: ${fault}`);
}
console.log(markdownTable(table, { alignDelimiters: false }));
if (broken.length > 0) console.error(`\nBroken promises:\n${broken.join("\n")}`);
process.exit(broken.length === 0 ? 0 : 1);
