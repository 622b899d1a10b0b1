// Shows a run as text for the terminal, and as Markdown.
import { markdownTable } from "markdown-table";

/** A number with about three significant digits. */
function short(value) {
  if (value === undefined) return "-";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(Number(value.toPrecision(3))).toLocaleString("en");
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function goalText({ most, difference }, goal) {
  return `${most === undefined ? "≥" : "≤"} ${difference ? `+${goal}` : `${goal}x`}`;
}

function ratioText({ difference }, ratio) {
  if (ratio === undefined) return "not measured";
  const mark = (value) => (difference ? `${value < 0 ? "−" : "+"}${short(Math.abs(value))}` : `${short(value)}x`);
  return `${mark(ratio.median)} (${mark(ratio.min)} to ${mark(ratio.max)})`;
}

/** What became of a target. A limit is shown by a program without polyproc that does the same and misses the target, too. */
function verdict(target, { met, limit }) {
  if (met === undefined) return "?";
  if (met) return "met";
  return limit === undefined ? "missed" : `limit: ${limit.by} ${ratioText(target, limit.ratio)}`;
}

/** A row as text: a line for each contender, then a line for each check of a target. */
export function rowText(row) {
  const width = Math.max(...Object.keys(row.results).map((name) => name.length));
  const lines = Object.entries(row.results).map(([name, { median, min, max, failed }]) => {
    const numbers = median === undefined ? "" : `${short(median).padStart(11)} ${row.unit} (${short(min)} to ${short(max)})`;
    return `  ${name.padEnd(width)} ${numbers}${failed === undefined ? "" : ` failed: ${failed}`}`;
  });
  const checks = row.targets.flatMap((target) =>
    target.checks.map((check) => {
      const { subject, against, goal, ratio } = check;
      return `  ${subject} against ${against}: ${ratioText(target, ratio)}, target ${goalText(target, goal)}: ${verdict(target, check)}`;
    }),
  );
  return [`${row.title} [${row.id}]`, ...lines, ...checks].join("\n");
}

function table(head, align, lines) {
  return markdownTable([head, ...lines], { align });
}

function targetTable(rows) {
  const lines = rows.flatMap((row) =>
    row.targets.flatMap((target) =>
      target.checks.map((check) => {
        const { subject, against, goal, ratio } = check;
        const unit = target.difference ? ` ${row.unit}` : "";
        const measured = `${ratioText(target, ratio)}${unit}`;
        return [row.title, subject, against, measured, `${goalText(target, goal)}${unit}`, verdict(target, check)];
      }),
    ),
  );
  return table(["work", "contender", "against", "measured (min to max)", "target", ""], ["l", "l", "l", "l", "l", "l"], lines);
}

function valueTable(rows) {
  const lines = rows.flatMap((row) =>
    Object.entries(row.results).map(([name, { median, min, max, failed }]) => {
      const numbers = median === undefined ? [`failed: ${failed}`, ""] : [short(median), `${short(min)} to ${short(max)}`];
      return [row.title, name, ...numbers, row.unit];
    }),
  );
  return table(["work", "contender", "median", "min to max", "unit"], ["l", "l", "r", "r", "l"], lines);
}

function turnsText(turns) {
  return turns === 1 ? "One turn" : `Medians of ${turns} turns`;
}

/** The generated part of docs/benchmarks.md. */
export function markdown({ machine, turns, rows, records, chart }) {
  return [
    `Machine: ${machine}`,
    "",
    `${turnsText(turns)}. A turn runs every program of a row once, in new processes, and a ratio is computed in each turn. Raw records: \`${records}\`.`,
    "",
    `![Each row against its reference](${chart})`,
    "",
    "### Against the targets",
    "",
    targetTable(rows),
    "",
    "### Everything measured",
    "",
    valueTable(rows),
  ].join("\n");
}

/** The generated part of docs/benchmarks.md about how things grow: a chart, and a table for each curve. */
export function growthTables({ machine, turns, curves, records, chart }) {
  const tables = curves.flatMap(({ title, size, unit, points }) => {
    const names = [...new Set(points.flatMap(({ values }) => Object.keys(values)))];
    const lines = points.map((point) => [point.size.toLocaleString("en"), ...names.map((name) => short(point.values[name]))]);
    const failed = points.flatMap((point) => point.failed.map((text) => `- ${point.size.toLocaleString("en")} ${size}, ${text}`));
    return [`### ${title}`, "", `In ${unit}.`, "", table([size, ...names], ["r", ...names.map(() => "r")], lines), "", ...failed, ""];
  });
  return [
    `Machine: ${machine}`,
    "",
    `${turnsText(turns)}. Both scales are logarithmic. Raw records: \`${records}\`.`,
    "",
    `![How it grows](${chart})`,
    "",
    ...tables,
  ]
    .join("\n")
    .trimEnd();
}

/** Replaces a generated part of the page, between its marks. The rest of the page is written by hand. */
export function replaceGenerated(page, text, part = "rows") {
  const [begin, end] = [`<!-- ${part}: generated by npm run bench -->`, `<!-- ${part}: end of the generated part -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/benchmarks.md has lost one of its marks: ${begin} and ${end}.`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}
