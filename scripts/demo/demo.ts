// `npm run demo`: counts the words in the text files of a folder with a Pool, on one runtime or on all of them, compares the results, and sets
// the speed-up beside that of a plain C program that does the same work in the same run. `--cluster` counts them on many hosts.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { markdownTable } from "markdown-table";
import { batchesIn, type Result } from "../../examples/index-files.ts";
import { cpuCount } from "../../mod.ts";
import { commandLine, RUNTIMES } from "../../test/suite/runtimes.ts";
import { choice, flag, integer, positional, readArguments, text, UsageError } from "../../tools/arguments.ts";
import { compileC } from "./plain-c.ts";

const ROUNDS = 3;
const program = fileURLToPath(new URL("index-with-bar.ts", import.meta.url));

/** The best times of all rounds: other programs on the machine only make a round slower. */
interface Times {
  one: number;
  all: number;
}

function better(times: Times, one: number, all: number): Times {
  return { one: Math.min(times.one, one), all: Math.min(times.all, all) };
}

const NEVER: Times = { one: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY };

let example: ChildProcess | undefined;

/** Runs the example on a runtime. Returns undefined if it failed; it has printed the reason then. */
async function runExample(runtime: string, folder: string, scratch: string, shows: boolean): Promise<Result | undefined> {
  const file = join(scratch, "result.json");
  const [command, args] = commandLine(runtime, program, [`--result=${file}`, folder]);
  example = spawn(command, args, { stdio: ["ignore", shows ? "inherit" : "ignore", "inherit"] });
  const [status] = (await once(example, "exit")) as [number | null];
  return status === 0 ? (JSON.parse(readFileSync(file, "utf8")) as Result) : undefined;
}

const given = readArguments(
  "npm run demo --",
  {
    folder: positional(text(fileURLToPath(new URL("../../node_modules", import.meta.url)))),
    runtime: choice([...RUNTIMES, "all"], "node"),
    rounds: integer(ROUNDS, 1),
    cluster: flag(),
  },
  ({ folder, runtime, rounds, cluster }) => {
    if (cluster && (runtime !== "node" || rounds !== ROUNDS))
      throw new UsageError("--cluster has neither --runtime nor --rounds: each of its hosts has another runtime.");
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw new UsageError(`There is no folder ${resolve(folder)}.`);
  },
);
const folder = resolve(given.folder);
const scratch = mkdtempSync(join(tmpdir(), "polyproc-demo-"));
const clear = (): void => rmSync(scratch, { recursive: true, force: true });
process.on("exit", clear);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    example?.kill(signal);
    clear();
    // Nobody listens for it any more, so it ends this program.
    process.kill(process.pid, signal);
  });

if (given.cluster) {
  const { countOnCluster } = await import("./on-cluster.ts");
  process.exit((await countOnCluster(folder, scratch)) ? 0 : 1);
}

const names = given.runtime === "all" ? RUNTIMES : [given.runtime];
const cores = cpuCount();
const batches = batchesIn(folder);
const inC = compileC(scratch);
const digests = new Set<string>();
const rows: string[][] = [];
for (const name of names) {
  console.log(`\n== ${name}`);
  let [ours, theirs] = [NEVER, NEVER];
  let files = 0;
  for (let round = 1; round <= given.rounds; round++) {
    if (typeof inC !== "string") theirs = better(theirs, inC(batches, 1).ms, inC(batches, cores).ms);
    const result = await runExample(name, folder, scratch, round === 1);
    if (result === undefined) process.exit(1);
    ours = better(ours, result.oneMs, result.allMs);
    files = result.files;
    digests.add(result.digest);
  }
  const [speedUp, speedUpOfC] = [ours.one / ours.all, theirs.one / theirs.all];
  const beside =
    typeof inC === "string"
      ? `nothing to compare it with, because ${inC}`
      : `${speedUpOfC.toFixed(2)}x for plain C, of which it is ${(speedUp / speedUpOfC).toFixed(2)}`;
  const rounds = given.rounds === 1 ? "One round" : `The best of ${given.rounds} rounds`;
  console.log(`${rounds} with ${cores} processes: speed-up ${speedUp.toFixed(2)}x; ${beside}.`);
  const share = typeof inC === "string" ? ["", ""] : [`${speedUpOfC.toFixed(2)}x`, (speedUp / speedUpOfC).toFixed(2)];
  rows.push([name, String(Math.round((1000 * files) / ours.all)), `${speedUp.toFixed(2)}x`, ...share]);
}
if (names.length > 1) {
  const head = ["runtime", "files/s", "speed-up", "speed-up of C", "share"];
  console.log(`\n${markdownTable([head, ...rows], { align: ["l", "r", "r", "r", "r"] })}\n`);
  console.log(digests.size === 1 ? "All runtimes found the same words." : "The results of the runtimes differ.");
}
if (digests.size > 1) process.exit(1);
