// Measures how times, rates and memory grow.
import { narrowed } from "../all-rows.mjs";
import { runRow } from "../run-row.mjs";
import { curves } from "./curves.mjs";

const MS = 500;

async function measureCurve({ points, ...curve }, turns, isWanted) {
  const measured = [];
  for (const { size, row } of points) {
    const { results } = await runRow(narrowed(row, isWanted), turns, () => {});
    const all = Object.entries(results);
    const values = Object.fromEntries(all.flatMap(([name, { median }]) => (median === undefined ? [] : [[name, median]])));
    const failed = all.flatMap(([name, result]) => (result.failed === undefined ? [] : [`${name}: ${result.failed}`]));
    const texts = Object.entries(values).map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`);
    console.log(`${row.title} (${row.unit}): ${[...texts, ...failed].join(", ")}`);
    measured.push({ size, values, failed });
  }
  return { ...curve, points: measured };
}

/** Returns the curves, or only those with the given names. */
export async function measureGrowth({ turns, short, only, isWanted }) {
  const wanted = curves({ ms: MS, short }).filter(({ id }) => only.length === 0 || only.includes(id));
  const measured = [];
  for (const curve of wanted) measured.push(await measureCurve(curve, turns, isWanted));
  return measured;
}
