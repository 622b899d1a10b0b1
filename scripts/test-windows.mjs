// The cases of the suite on Windows builds of the runtimes, under Wine: `npm run test:windows [-- RUNTIME...]`. The environment variable
// POLYPROC_TEST_FILES chooses folders and files, as in `npm test`. The first run makes a tree with Wine (scripts/wine.mjs). Only the portable
// backend exists there. The cases run from the built JavaScript, which loads faster. test/windows/skipped.ts lists the cases that are left
// out, and why.
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LEAKS, MARK } from "../test/suite/case.ts";
import { findCases } from "../test/suite/case-files.ts";
import { root, runtime } from "./setup.mjs";
import { CLONE, Wine } from "./wine.mjs";

// The time in milliseconds that the cases of a file may take together.
const LIMIT = 400_000;
const BUILT = ".compat/test";
const FLAGS = { node: [], deno: ["run", "-A", "--no-check", "--quiet"], bun: [] };
const folder = process.env.POLYPROC_WINE ?? join(root, ".windows");

function urlOf(path) {
  return `file:///${CLONE.replaceAll("\\", "/")}/${path}`;
}

/** Runs the cases of a file, and returns their reports and the file of all output. */
function runFile(wine, name, file) {
  const log = join(folder, "logs", `${name}-${file.name.replaceAll("/", "-")}.log`);
  const output = openSync(log, "w");
  // Node and Bun take a main module by its path, and Deno by its URL.
  const runner = name === "deno" ? urlOf(`${BUILT}/suite/runner.js`) : `${CLONE}\\.compat\\test\\suite\\runner.js`;
  const more = [urlOf(`${BUILT}/cases/${file.name}.js`), "--skipped", urlOf("test/windows/skipped.ts")];
  const env = { POLYPROC_BACKEND: "portable", POLYPROC_TEST_TIER: process.env.POLYPROC_TEST_TIER ?? "" };
  const status = wine.run(["wine", wine.program(name), ...FLAGS[name], runner, ...more], { env, output, timeout: LIMIT });
  closeSync(output);
  // A process that was late may have left others.
  if (status === null) wine.restart();
  const lines = readFileSync(log, "utf8").split(/\r?\n/);
  const reports = lines.flatMap((line) => (line.includes(MARK) ? [JSON.parse(line.slice(line.indexOf(MARK) + MARK.length))] : []));
  return { status, reports, log };
}

/** Runs all files on a runtime, prints what failed and why others were skipped, and returns how many failed. */
function runAll(wine, name, files) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const reasons = new Map();
  for (const file of files) {
    const { status, reports, log } = runFile(wine, name, file);
    for (const { name: what, outcome, detail = "", ms } of reports) {
      // What a file leaves open can't be seen there, so the report on that is no skipped case.
      if (what === LEAKS && outcome === "skipped") continue;
      counts[outcome]++;
      if (outcome === "skipped") reasons.set(detail, (reasons.get(detail) ?? 0) + 1);
      if (outcome === "failed")
        console.log(`failed on ${name}: ${file.name} "${what}" (${ms} ms)\n    ${detail.replaceAll("\n", "\n    ")}`);
    }
    // The last report is on the file as a whole. It is missing if the process ended before.
    const missing = Object.keys(file.cases).length + 1 - reports.length;
    counts.failed += missing;
    if (missing > 0)
      console.log(`failed on ${name}: ${file.name} ended with ${status}, ${missing} reports before its end; its output is in ${log}`);
    const passed = reports.filter(({ outcome }) => outcome === "passed").length;
    console.log(`${name}: ${file.name}: ${passed} of ${Object.keys(file.cases).length} cases passed`);
  }
  console.log(`${name}: ${counts.passed} passed, ${counts.skipped} skipped, ${counts.failed} failed`);
  for (const [reason, count] of reasons) console.log(`    ${count} skipped: ${reason}`);
  return counts.failed;
}

const runtimes = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(FLAGS);
for (const name of runtimes)
  if (!(name in FLAGS)) throw new Error(`There is no runtime ${name}: choose from ${Object.keys(FLAGS).join(", ")}.`);
const { status } = spawnSync(runtime("node"), ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(1);
const wine = new Wine(folder);
wine.setUp();
mkdirSync(join(folder, "logs"), { recursive: true });
const files = (await findCases("portable")).flatMap((each) => each.files);
let failed = 0;
for (const name of runtimes) failed += runAll(wine, name, files);
wine.stop();
process.exit(failed > 0 ? 1 : 0);
