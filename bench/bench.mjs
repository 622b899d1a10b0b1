// Measures all rows, or some of them, and prints them. A whole run also writes docs/benchmarks.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildNative } from "../scripts/build-native.mjs";
import { buildPrograms } from "../scripts/programs.mjs";
import { root } from "../scripts/setup.mjs";
import { RUNTIMES } from "../test/suite/runtimes.ts";
import { choice, flag, integer, readArguments, texts, UsageError } from "../tools/arguments.ts";
import { allRows, narrowed } from "./all-rows.mjs";
import { chart } from "./chart.mjs";
import { describeMachine, machineLine } from "./machine.mjs";
import { markdown, replaceGenerated, rowText } from "./report.mjs";
import { runRow } from "./run-row.mjs";

const TURNS = 5;
const QUICK_TURNS = 2;

/** The rows whose names begin with one of the given names; all rows without any. */
function wantedRows({ quick, short, only }) {
  return allRows({ quick, short }).filter(({ id }) => only.length === 0 || only.some((name) => id.startsWith(name)));
}

const given = readArguments(
  "npm run bench --",
  { quick: flag(), short: flag(), only: texts(), runtime: choice(RUNTIMES), turns: integer(undefined, 1) },
  (values) => {
    if (wantedRows(values).length === 0) throw new UsageError(`There is no row ${values.only.join(", ")}.`);
  },
);
const turns = given.turns ?? (given.quick ? QUICK_TURNS : TURNS);
console.log(`Native library: ${buildNative()}.`);
buildPrograms("bench", ["src/codec/encode", "src/codec/decode"]);
const rows = wantedRows(given).map((row) =>
  narrowed(row, (_, { runtime }) => given.runtime === undefined || runtime === undefined || runtime === given.runtime),
);
const machine = describeMachine();
console.log(`${machineLine(machine)}\n`);

const done = [];
for (const [i, row] of rows.entries()) {
  const showTurn = (turn) =>
    process.stderr.isTTY && process.stderr.write(`\r${i + 1}/${rows.length} ${row.id}, turn ${turn + 1}/${turns}   \r`);
  const result = await runRow(row, turns, showTurn);
  done.push(result);
  console.log(`${rowText(result)}\n`);
}

const isWhole = !given.quick && given.only.length === 0 && given.runtime === undefined;
const records = `bench/results/${machine.date.replace(/[:.]/g, "-")}${isWhole ? "" : "-part"}.json`;
mkdirSync(join(root, "bench/results"), { recursive: true });
writeFileSync(join(root, records), `${JSON.stringify({ machine, turns, rows: done }, null, 1)}\n`);
console.log(`Raw records: ${records}`);
if (isWhole) {
  const page = join(root, "docs/benchmarks.md");
  writeFileSync(join(root, "docs/benchmarks.svg"), chart(done));
  const text = markdown({
    machine: `${machineLine(machine)}${given.short ? " Short passes (--short)." : ""}`,
    turns,
    rows: done,
    records,
    chart: "benchmarks.svg",
  });
  writeFileSync(page, replaceGenerated(readFileSync(page, "utf8"), text));
  console.log("Written: docs/benchmarks.md, docs/benchmarks.svg");
}
