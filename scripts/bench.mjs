// Measures: `npm run bench -- [--quick | --short] [--only ROW] [--runtime NAME] [--turns N]`. A whole run also writes docs/benchmarks.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chart } from "../bench/chart.mjs";
import { RUNTIMES } from "../bench/commands.mjs";
import { describeMachine, machineLine } from "../bench/machine.mjs";
import { markdown, replaceGenerated, rowText } from "../bench/report.mjs";
import { allRows, narrowed } from "../bench/rows.mjs";
import { runRow } from "../bench/run.mjs";
import { buildNative } from "./build-native.mjs";
import { buildPrograms } from "./programs.mjs";
import { ensureInstalled, root } from "./setup.mjs";

function readArguments() {
  const options = {
    quick: { type: "boolean" },
    short: { type: "boolean" },
    only: { type: "string", multiple: true },
    runtime: { type: "string" },
    turns: { type: "string" },
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return usage(error.message);
  }
}

function usage(problem) {
  console.error(`${problem}\nUsage: npm run bench -- [--quick | --short] [--only ROW] [--runtime node|deno|bun] [--turns N]`);
  process.exit(2);
}

function wantedRows({ quick, short, only, runtime }) {
  const named = allRows({ quick: quick === true, short: short === true }).filter(
    ({ id }) => only === undefined || only.some((name) => id.startsWith(name)),
  );
  if (named.length === 0) usage(`There is no row ${only}.`);
  return named.map((row) => narrowed(row, (_, each) => runtime === undefined || each.runtime === undefined || each.runtime === runtime));
}

const given = readArguments();
const turns = Number(given.turns ?? (given.quick ? 2 : 5));
if (given.runtime !== undefined && !RUNTIMES.includes(given.runtime)) usage(`There is no runtime "${given.runtime}".`);
if (!Number.isInteger(turns) || turns < 1) usage(`There can't be ${given.turns} turns.`);
ensureInstalled();
console.log(`Native library: ${buildNative()}.`);
buildPrograms("bench", ["src/codec/encode", "src/codec/decode"]);
const rows = wantedRows(given);
const machine = describeMachine();
console.log(`${machineLine(machine)}\n`);

const done = [];
for (const [i, row] of rows.entries()) {
  const say = (turn) => process.stderr.isTTY && process.stderr.write(`\r${i + 1}/${rows.length} ${row.id}, turn ${turn + 1}/${turns}   \r`);
  const result = await runRow(row, turns, say);
  done.push(result);
  console.log(`${rowText(result)}\n`);
}

const whole = !given.quick && given.only === undefined && given.runtime === undefined;
const raw = `bench/results/${machine.date.replace(/[:.]/g, "-")}${whole ? "" : "-part"}.json`;
mkdirSync(join(root, "bench/results"), { recursive: true });
writeFileSync(join(root, raw), `${JSON.stringify({ machine, turns, rows: done }, null, 1)}\n`);
console.log(`Raw records: ${raw}`);
if (whole) {
  const page = join(root, "docs/benchmarks.md");
  writeFileSync(join(root, "docs/benchmarks.svg"), chart(done));
  const text = markdown({
    machine: `${machineLine(machine)}${given.short ? " Short passes (--short)." : ""}`,
    turns,
    rows: done,
    raw,
    chart: "benchmarks.svg",
  });
  writeFileSync(page, replaceGenerated(readFileSync(page, "utf8"), text));
  console.log("Written: docs/benchmarks.md, docs/benchmarks.svg");
}
