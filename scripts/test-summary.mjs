// The last lines of the test commands: the skipped tests with their reasons, and the steps with their times.
import { existsSync, readFileSync } from "node:fs";

/** The text, from the results of all steps and the file that the reporter of skipped tests wrote. */
export function summary(results, skippedTests) {
  const total = results.reduce((sum, { seconds = 0 }) => sum + seconds, 0);
  const rows = [...results, { name: "all", seconds: total }].map(row);
  return [...skipped(skippedTests), "", "== Steps", ...rows].join("\n");
}

function row({ name, seconds, failure, skipped: reason }) {
  if (reason !== undefined) return `${name.padEnd(40)}  skipped: ${reason}`;
  return `${name.padEnd(40)} ${seconds.toFixed(1).padStart(6)} s${failure === undefined ? "" : `  FAILED (${failure})`}`;
}

/** The skipped tests by reason. A case that was skipped on several runtimes is one line. */
function skipped(file) {
  const tests = existsSync(file)
    ? readFileSync(file, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];
  const byReason = new Map();
  for (const { name, reason } of tests) {
    const [, where, what = name] = /^(\w+, \w+): (.*)$/.exec(name) ?? [];
    const names = byReason.get(reason) ?? new Map();
    byReason.set(reason, names);
    names.set(what, [...(names.get(what) ?? []), ...(where === undefined ? [] : [where])]);
  }
  const lines = [...byReason].flatMap(([reason, names]) => [
    `${reason}:`,
    ...[...names].map(([what, places]) => `  ${what}${places.length === 0 ? "" : ` (${places.join("; ")})`}`),
  ]);
  return ["", `== Skipped tests: ${tests.length === 0 ? "none" : tests.length}`, ...lines];
}
