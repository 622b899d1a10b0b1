// Runs one file of cases by itself, on whatever runtime runs this: function identity, main thread and exit codes are real.
import { inspect } from "node:util";
import { activeChildren } from "../../mod.ts";
import { type Case, type Cases, LEAKS, MARK, type Report, Skip } from "./case.ts";
import { added, collectGarbage, descriptors, settled, warmUp, zombies } from "./leaks.ts";

const LIMIT = 30_000;
let failed = false;

async function limited(run: Case): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the case took longer than ${LIMIT} ms`)), LIMIT);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function report(name: string, run: Case): Promise<void> {
  const start = performance.now();
  let outcome: Report["outcome"] = "passed";
  let detail: string | undefined;
  try {
    await limited(run);
    const left = activeChildren();
    for (const child of left) child.kill();
    for (const child of left) await child.join();
    if (left.length > 0) throw new Error(`the case left children: ${left.map((child) => child.name).join(", ")}`);
  } catch (error) {
    outcome = error instanceof Skip ? "skipped" : "failed";
    detail = error instanceof Skip ? error.message : inspect(error, { depth: 4 });
  }
  const line: Report = { name, outcome, detail, ms: Math.round(performance.now() - start) };
  if (outcome === "failed") failed = true;
  process.stdout.write(`${MARK}${JSON.stringify(line)}\n`);
}

const [file = "", only] = process.argv.slice(2);
const { cases } = (await import(file)) as { cases: Cases };
await warmUp();
await settled(() => zombies(process.pid));
const before = descriptors();
for (const [name, run] of Object.entries(cases)) {
  if (only === undefined || name.includes(only)) await report(name, run);
}
await report(LEAKS, async () => {
  const left = await settled(() => {
    collectGarbage();
    return [...added(before, descriptors()), ...zombies(process.pid)];
  });
  if (left.length > 0) throw new Error(`after the last case there are ${left.join(", ")}`);
});
// What a failed case left waiting would keep this process for ever.
if (failed) setTimeout(() => process.exit(1), 100);
