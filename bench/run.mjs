// Runs rows: each contender in processes of its own, in turns (A B C, A B C, ...), so that what disturbs the machine disturbs all.
import { spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { root, runtime } from "../scripts/setup.mjs";
import { RUNTIMES } from "./commands.mjs";

const LIMIT_MS = 120_000;
const PATH = [...RUNTIMES.map((name) => dirname(runtime(name))), process.env.PATH].join(delimiter);

/** Runs a program once: `{ value }`, or `{ failed }` with the reason. */
function runOnce({ command, env, missing }) {
  if (missing !== undefined) return Promise.resolve({ failed: missing });
  return new Promise((resolve) => {
    const [file, ...args] = command;
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, PATH, ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, err, late] = ["", "", false];
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (err += chunk));
    const end = () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // All of the group have ended.
      }
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, LIMIT_MS);
    child.on("error", (error) => resolve({ failed: error.message }));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      end();
      resolve(late ? { failed: `no answer within ${LIMIT_MS / 1000} s` } : answerOf(out, err, code ?? signal));
    });
  });
}

function answerOf(out, err, status) {
  const line = out.split("\n").find((text) => text.startsWith("{"));
  const value = line === undefined ? undefined : JSON.parse(line).value;
  if (status === 0 && Number.isFinite(value)) return { value };
  return { failed: reasonIn(err) ?? `it ended with ${status} and no value` };
}

function reasonIn(err) {
  const lines = err.split("\n").map((text) => text.trim());
  return lines.findLast((text) => /^(\w*Error|Uncaught|error:|SyntaxError)\b/i.test(text)) ?? lines.findLast((text) => text !== "");
}

function summary(samples) {
  const values = samples.flatMap(({ value }) => (value === undefined ? [] : [value])).sort((a, b) => a - b);
  if (values.length === 0) return { failed: samples[0]?.failed ?? "not run" };
  return { ...spread(values), samples, failed: samples.find(({ failed }) => failed)?.failed };
}

function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1), n: sorted.length };
}

/** One contender against another, turn by turn. */
function compare(subject, against, difference) {
  const pairs = (subject.samples ?? []).map(({ value }, i) => [value, against.samples?.[i]?.value]);
  const both = pairs.filter(([a, b]) => a !== undefined && b !== undefined);
  return both.length === 0 ? undefined : spread(both.map(([a, b]) => (difference ? a - b : a / b)));
}

/** What a target says of each of its subjects, and whether it is met. `against: "own X"` is X on the subject's own runtime. */
function check(target, results) {
  const subjects = Object.keys(results).filter((name) => target.subject.test(name));
  const each = subjects.flatMap((subject) => {
    const against = target.against.replace(/^own/, subject.split(" ")[0]);
    if (results[against] === undefined) return [];
    const limit = target.limits?.[subject.split(" ")[0]] ?? target.least ?? target.most;
    const ratio = compare(results[subject], results[against], target.difference);
    const met = ratio === undefined ? undefined : target.most === undefined ? ratio.median >= limit : ratio.median <= limit;
    return [{ subject, against, limit, ratio, met }];
  });
  if (!target.best) return each;
  const known = each.filter(({ ratio }) => ratio !== undefined);
  return known.length === 0 ? [] : [{ ...known.reduce((a, b) => (b.ratio.median > a.ratio.median ? b : a)), best: true }];
}

/** Measures a row `turns` times; `said` hears of each turn. */
export async function runRow(row, turns, said) {
  const names = Object.keys(row.contenders);
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let turn = 0; turn < turns; turn++) {
    said(turn);
    for (const name of names) {
      const before = samples[name];
      // What fails twice will fail again, and may take its whole time limit for it.
      const hopeless = before.length >= 2 && before.every(({ failed }) => failed);
      before.push(hopeless ? before[0] : await runOnce(row.contenders[name]));
    }
  }
  const results = Object.fromEntries(names.map((name) => [name, summary(samples[name])]));
  const targets = (row.targets ?? []).map((target) => ({ ...target, subject: String(target.subject), checks: check(target, results) }));
  return { id: row.id, title: row.title, unit: row.unit, higherIsBetter: row.higherIsBetter, results, targets };
}
