// Measures rows. Each program runs in new processes, in turns (A B C, A B C, ...), so that a disturbance of the machine hits all of them.
import { spawn } from "node:child_process";
import { max, median, min } from "simple-statistics";
import { root } from "../scripts/setup.mjs";
import { pathWithRuntimes } from "../test/suite/runtimes.ts";

const LIMIT_MS = 120_000;

/** Runs a program once. Returns `{ value }`, or `{ failed }` with the reason. */
function runOnce(contender) {
  const { command, env, missing } = contender.prepare();
  if (missing !== undefined) return Promise.resolve({ failed: missing });
  return new Promise((resolve) => {
    const [file, ...args] = command;
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, PATH: pathWithRuntimes(), ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr, isLate] = ["", "", false];
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const killGroup = () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // All processes of the group have ended.
      }
    };
    const timer = setTimeout(() => {
      isLate = true;
      killGroup();
    }, LIMIT_MS);
    child.on("error", (error) => resolve({ failed: error.message }));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      killGroup();
      resolve(isLate ? { failed: `it printed no value within ${LIMIT_MS / 1000} s` } : resultOf(stdout, stderr, code ?? signal));
    });
  });
}

/** Reads the line `{"value":N}`, or `{"values":[N, ...]}` for several measurements, of which the median counts. */
function resultOf(stdout, stderr, status) {
  const line = stdout.split("\n").find((text) => text.startsWith("{"));
  const { value, values = [value] } = line === undefined ? {} : JSON.parse(line);
  if (status === 0 && values.every(Number.isFinite)) return { value: median(values) };
  return { failed: reasonIn(stderr) ?? `it ended with ${status} and printed no value` };
}

function reasonIn(stderr) {
  const lines = stderr.split("\n").map((text) => text.trim());
  return lines.findLast((text) => /^(\w*Error|Uncaught|error:|SyntaxError)\b/i.test(text)) ?? lines.findLast((text) => text !== "");
}

function spread(values) {
  return { median: median(values), min: min(values), max: max(values), n: values.length };
}

function summary(samples) {
  const values = samples.flatMap(({ value }) => (value === undefined ? [] : [value]));
  if (values.length === 0) return { failed: samples[0]?.failed ?? "not run" };
  return { ...spread(values), samples, failed: samples.find(({ failed }) => failed)?.failed };
}

/** Compares two programs turn by turn. */
function compare(subject, against, isDifference) {
  const pairs = (subject.samples ?? []).map(({ value }, i) => [value, against.samples?.[i]?.value]);
  const complete = pairs.filter(([a, b]) => a !== undefined && b !== undefined);
  return complete.length === 0 ? undefined : spread(complete.map(([a, b]) => (isDifference ? a - b : a / b)));
}

/** The best of the programs that printed a value. */
function best(names, results, higherIsBetter) {
  const measured = names.filter((name) => results[name]?.median !== undefined);
  const sign = higherIsBetter ? 1 : -1;
  return measured.reduce((a, b) => (a !== undefined && sign * (results[a].median - results[b].median) >= 0 ? a : b), undefined);
}

/** Names programs: "own X" is program X on a subject's own runtime. Of several programs, the best one counts. */
function chosen(programs, subject, results, higherIsBetter) {
  const runtime = subject.split(" ")[0];
  const names = [programs].flat().map((name) => name.replace(/^own/, runtime));
  return names.length === 1 ? names[0] : best(names, results, higherIsBetter);
}

function meets({ most }, goal, ratio) {
  return most === undefined ? ratio.median >= goal : ratio.median <= goal;
}

/**
 * Looks whether a program that does the same with nothing but the runtime, or plain C, misses a target, too. That program is the `limit` of
 * the target.
 */
function limitOf(target, goal, subject, against, results, higherIsBetter) {
  const by = target.limit && chosen(target.limit, subject, results, higherIsBetter);
  const ratio = by && results[by] && compare(results[by], results[against], target.difference);
  return ratio === undefined || meets(target, goal, ratio) ? undefined : { by, ratio };
}

/** Checks a target of a program whose value is a ratio already. `itself` says against what. */
function checkItself({ itself, ...target }, subject, { samples = [] }) {
  const values = samples.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const ratio = values.length === 0 ? undefined : spread(values);
  return { subject, against: itself, goal: target.least, ratio, met: ratio && meets(target, target.least, ratio) };
}

/** Checks a target for each of its subjects. */
function check(target, results, higherIsBetter) {
  const subjects = Object.keys(results).filter((name) => target.subject.test(name));
  return subjects.flatMap((subject) => {
    if (target.itself !== undefined) return [checkItself(target, subject, results[subject])];
    const against = chosen(target.against, subject, results, higherIsBetter);
    if (results[against] === undefined) return [];
    const goal = target.goals?.[subject.split(" ")[0]] ?? target.least ?? target.most;
    const ratio = compare(results[subject], results[against], target.difference);
    const met = ratio && meets(target, goal, ratio);
    const limit = met === false ? limitOf(target, goal, subject, against, results, higherIsBetter) : undefined;
    return [{ subject, against, goal, ratio, met, limit }];
  });
}

/**
 * The target of a row that was measured while one core was taken: no program is less than half as fast as in the row `idle`, where all cores
 * were idle. It counts for a program if the reference is not less than half as fast either.
 */
function keepsHalf({ results, higherIsBetter }, { subject, against }, idle) {
  const target = { subject, ...(higherIsBetter ? { least: 0.5 } : { most: 2 }) };
  const goal = target.least ?? target.most;
  const kept = (name) => results[name] && idle.results[name] && compare(results[name], idle.results[name], false);
  const reference = kept(against);
  if (reference === undefined || !meets(target, goal, reference)) return [];
  const checks = Object.keys(results).flatMap((name) => {
    const ratio = subject.test(name) ? kept(name) : undefined;
    return ratio === undefined ? [] : [{ subject: name, against: "itself on idle cores", goal, ratio, met: meets(target, goal, ratio) }];
  });
  return [{ ...target, subject: String(subject), checks }];
}

/** Measures a row. `before` are the rows that were measured already. `showTurn` is called at the beginning of each turn. */
export async function runRow(row, turns, before, showTurn) {
  const names = Object.keys(row.contenders);
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let turn = 0; turn < turns; turn++) {
    showTurn(turn);
    for (const name of names) {
      const known = samples[name];
      // A program that failed twice would fail again, and could use up its whole time limit for that.
      const isHopeless = known.length >= 2 && known.every(({ failed }) => failed);
      known.push(isHopeless ? known[0] : await runOnce(row.contenders[name]));
    }
  }
  const results = Object.fromEntries(names.map((name) => [name, summary(samples[name])]));
  const targets = (row.targets ?? []).map((target) => ({
    ...target,
    subject: String(target.subject),
    checks: check(target, results, row.higherIsBetter),
  }));
  const measured = { id: row.id, title: row.title, unit: row.unit, higherIsBetter: row.higherIsBetter, results, targets };
  const idle = before.find(({ id }) => id === row.twinOf);
  return idle === undefined ? measured : { ...measured, targets: [...targets, ...keepsHalf(measured, row.targets[0], idle)] };
}
