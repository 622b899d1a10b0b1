// Runs files of cases on the runtime that runs this program: function identity, main thread and exit codes are real.
// `node test/suite/runner.ts FILE... [--only PART OF A NAME] [--skipped MODULE]`, each FILE an absolute path or URL. MODULE exports
// `reasonToSkip`.
import { inspect, parseArgs } from "node:util";
import { activeChildren } from "../../mod.ts";
import { type Case, type Cases, chosenTier, inTier, LEAKS, MARK, type Report, Skip } from "./case.ts";
import { added, collectGarbage, descriptors, settled, warmUp, zombies } from "./leaks.ts";

// On other systems, nothing tells what a process has open.
const seesProcesses = process.platform === "linux";
// Wine takes longer to start a program.
const LIMIT = seesProcesses ? 30_000 : 60_000;
let failed = false;

type ReasonToSkip = (file: string, name: string, runtime: string) => string | undefined;
let reasonToSkip: ReasonToSkip = () => undefined;
const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";

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

async function report(file: string, name: string, run: Case): Promise<void> {
  const start = performance.now();
  let outcome: Report["outcome"] = "passed";
  let detail: string | undefined;
  try {
    const reason = reasonToSkip(file, name, runtime);
    if (reason !== undefined) throw new Skip(reason);
    await limited(run);
    const left = activeChildren().map((child) => child.name);
    if (left.length > 0) throw new Error(`the case left children: ${left.join(", ")}`);
  } catch (error) {
    outcome = error instanceof Skip ? "skipped" : "failed";
    detail = error instanceof Skip ? error.message : inspect(error, { depth: 4 });
    // The next case must not find the children of this one.
    const left = activeChildren();
    for (const child of left) child.kill();
    for (const child of left) await child.join({ timeout: LIMIT });
  }
  const line: Report = { file, name, outcome, detail, ms: Math.round(performance.now() - start) };
  if (outcome === "failed") failed = true;
  process.stdout.write(`${MARK}${JSON.stringify(line)}\n`);
}

async function runFile(file: string, cases: Cases, only: string): Promise<void> {
  const before = seesProcesses ? descriptors() : new Map<string, number>();
  for (const [name, run] of Object.entries(inTier(cases, chosenTier()))) {
    if (name.includes(only)) await report(file, name, run);
  }
  await report(file, LEAKS, async () => {
    if (!seesProcesses) throw new Skip("what a process has open is known on Linux only");
    const left = await settled(() => {
      collectGarbage();
      return [...added(before, descriptors()), ...zombies(process.pid)];
    });
    if (left.length > 0) throw new Error(`after the last case there are ${left.join(", ")}`);
  });
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string", default: "" }, skipped: { type: "string" } },
});
if (values.skipped !== undefined) ({ reasonToSkip } = (await import(values.skipped)) as { reasonToSkip: ReasonToSkip });
const files: [string, Cases][] = [];
for (const file of positionals) files.push([file, ((await import(file)) as { cases: Cases }).cases]);
if (seesProcesses) {
  await warmUp();
  await settled(() => zombies(process.pid));
}
for (const [file, cases] of files) await runFile(file, cases, values.only);
// A failed case may have left waits behind that would keep this process alive for ever.
if (failed) process.stdout.write("", () => process.exit(1));
