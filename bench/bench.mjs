// Measures all rows, or some of them, and prints them; or how things grow. A whole run also writes docs/benchmarks.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildNative } from "../scripts/build-native.mjs";
import { buildPrograms } from "../scripts/programs.mjs";
import { root } from "../scripts/setup.mjs";
import { RUNTIMES } from "../test/suite/runtimes.ts";
import { choice, flag, integer, readArguments, texts, UsageError } from "../tools/arguments.ts";
import { allRows, narrowed } from "./all-rows.mjs";
import { chart } from "./chart.mjs";
import { growthChart } from "./growth/chart.mjs";
import { measureGrowth } from "./growth/growth.mjs";
import { describeMachine, machineLine } from "./machine.mjs";
import { growthTables, markdown, replaceGenerated, rowText } from "./report.mjs";
import { runRow } from "./run-row.mjs";

const TURNS = 5;
const QUICK_TURNS = 2;
const GROWTH_TURNS = 3;

/** The rows whose names begin with one of the given names; all rows without any. */
function wantedRows({ quick, short, only }) {
  return allRows({ quick, short }).filter(({ id }) => only.length === 0 || only.some((name) => id.startsWith(name)));
}

const given = readArguments(
  "npm run bench --",
  { quick: flag(), short: flag(), growth: flag(), only: texts(), runtime: choice(RUNTIMES), turns: integer(undefined, 1) },
  (values) => {
    if (!values.growth && wantedRows(values).length === 0) throw new UsageError(`There is no row ${values.only.join(", ")}.`);
  },
);
const turns = given.turns ?? (given.growth ? GROWTH_TURNS : given.quick ? QUICK_TURNS : TURNS);
const isWhole = !given.quick && given.only.length === 0 && given.runtime === undefined;
const isWanted = (_, { runtime }) => given.runtime === undefined || runtime === undefined || runtime === given.runtime;
console.log(`Native library: ${buildNative()}.`);
buildPrograms("bench", ["src/codec/encode", "src/codec/decode"]);
const machine = describeMachine();
console.log(`${machineLine(machine)}\n`);

async function measureRows(rows) {
  const done = [];
  for (const [i, row] of rows.entries()) {
    const showTurn = (turn) =>
      process.stderr.isTTY && process.stderr.write(`\r${i + 1}/${rows.length} ${row.id}, turn ${turn + 1}/${turns}   \r`);
    const result = await runRow(row, turns, done, showTurn);
    done.push(result);
    console.log(`${rowText(result)}\n`);
    // A run takes long. What was measured stays if it is cut off.
    writeRecords({ rows: done });
  }
  return done;
}

function writeRecords(measured) {
  const kind = `${given.growth ? "-growth" : ""}${isWhole ? "" : "-part"}`;
  const records = `bench/results/${machine.date.replace(/[:.]/g, "-")}${kind}.json`;
  mkdirSync(join(root, "bench/results"), { recursive: true });
  writeFileSync(join(root, records), `${JSON.stringify({ machine, turns, ...measured }, null, 1)}\n`);
  return records;
}

/** Writes a chart, and the part of the page that belongs to it. */
function writePage(part, chartFile, drawing, text) {
  const page = join(root, "docs/benchmarks.md");
  writeFileSync(join(root, "docs", chartFile), drawing);
  writeFileSync(page, replaceGenerated(readFileSync(page, "utf8"), text, part));
  console.log(`Written: docs/benchmarks.md, docs/${chartFile}`);
}

/** Writes the records of a run that is over, and says where they are. */
function recorded(measured) {
  const records = writeRecords(measured);
  console.log(`Raw records: ${records}`);
  return records;
}

const machineText = `${machineLine(machine)}${given.short ? " Short passes (--short)." : ""}`;
if (given.growth) {
  const curves = await measureGrowth({ turns, short: given.short, only: given.only, isWanted });
  const records = recorded({ curves });
  const file = "growth.svg";
  if (isWhole) writePage("growth", file, growthChart(curves), growthTables({ machine: machineText, turns, curves, records, chart: file }));
} else {
  const rows = await measureRows(wantedRows(given).map((row) => narrowed(row, isWanted)));
  const records = recorded({ rows });
  const file = "benchmarks.svg";
  if (isWhole) writePage("rows", file, chart(rows), markdown({ machine: machineText, turns, rows, records, chart: file }));
}
