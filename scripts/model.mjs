// Model checking: `node scripts/model.mjs [--deep]` lets spin explore every interleaving of native/model/*.pml, with processes killed at any
// step. Then it breaks the algorithm in each known way, and the model must notice it. This takes about 2 minutes on two cores. --deep also
// looks for runs that never end after processes were killed.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./setup.mjs";

const SAFETY = ["-DSAFETY"];
const ENDLESS = ["-DNP", "-DNOFAIR"];

/** [name, model, its settings, what to look for] */
const checks = [
  ["queue, kills in recovery too", "queue.pml", { REDELIVER: 0, CRASHES: 2 }, SAFETY],
  ["queue that redelivers, kills in recovery too", "queue.pml", { REDELIVER: 1, CRASHES: 2 }, SAFETY],
  ["queue with tasks, kills in recovery too", "queue.pml", { REDELIVER: 0, TASKS: 1, EACH: 1, CRASHES: 2 }, SAFETY],
  ["queue that redelivers, with tasks, kills in recovery too", "queue.pml", { REDELIVER: 1, TASKS: 1, EACH: 1, CRASHES: 2 }, SAFETY],
  ["queue: every run ends", "queue.pml", { REDELIVER: 0, CRASHES: 0 }, ENDLESS],
  ["queue that redelivers: every run ends", "queue.pml", { REDELIVER: 1, CRASHES: 0 }, ENDLESS],
  ["snapshot", "snapshot.pml", {}, SAFETY],
  ["notice", "notice.pml", {}, SAFETY],
];
const deep = [
  ["queue: every run with a kill ends", "queue.pml", { REDELIVER: 0, CRASHES: 1 }, ENDLESS],
  ["queue that redelivers: every run with a kill ends", "queue.pml", { REDELIVER: 1, CRASHES: 1 }, ENDLESS],
];

const TASKS = { REDELIVER: 0, TASKS: 1, EACH: 1 };

/** [what is broken, model, settings, the text that is replaced, its replacement] */
const mutants = [
  ["R1 left out", "queue.pml", { REDELIVER: 0 }, "APPLY /* R1 */", "logged = true"],
  ["R1 left out, redelivering", "queue.pml", { REDELIVER: 1 }, "APPLY /* R1 */", "logged = true"],
  ["a lock of the dead never taken", "queue.pml", { REDELIVER: 0 }, "put_lock == NOBODY || dead[put_lock]", "put_lock == NOBODY"],
  [
    "room made before the copy",
    "queue.pml",
    { REDELIVER: 0 },
    "STEP(item = slot[at % RING]); ",
    "STEP(released = at + 1); STEP(item = slot[at % RING]);",
  ],
  ["C3 without its log", "queue.pml", { REDELIVER: 0 }, "who, 0) /* C3 */", "NOBODY, 0)"],
  ["C4 before C3", "queue.pml", { REDELIVER: 0 }, "    at = free;", "    STEP(used[who] = false); at = free;"],
  ["B2 without its log", "queue.pml", TASKS, "at, BACK_AGAIN) /* B2 */", "NOBODY, 0)"],
  ["an item that came back and is only counted stays", "queue.pml", TASKS, "STEP(state[log_record % RING] = COUNTED)", "skip"],
  ["the memory behind a task used again", "queue.pml", TASKS, "if :: keeps -> skip :: else -> free = head fi;", "free = head;"],
  ["the log not marked as done with its commit", "queue.pml", { REDELIVER: 1 }, "log_value = value; logged = false)", "log_value = value)"],
  ["one copy only", "snapshot.pml", {}, "next % 2", "selected % 2"],
  ["a wait without a second look", "notice.pml", {}, "goto look /* it looks once more */", "skip"],
  ["bells that are left forgotten", "notice.pml", {}, "-> waited_for = true /* bells are left */", "-> skip"],
  ["a bit that a late ring cleared not set again", "notice.pml", {}, "goto arm /* the ring", "goto end_waiting /* the ring"],
  ["a change by the one who takes not told", "notice.pml", {}, ":: more -> give(me)", ":: more -> skip"],
  ["no ring for a change during a ring", "notice.pml", {}, ":: sequence == mine -> break", ":: true -> break"],
];

function isThere(program) {
  return spawnSync(program, [program === "spin" ? "-V" : "--version"], { stdio: "ignore" }).error === undefined;
}

function run(program, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"], timeout: 900_000 });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.on("error", reject);
    child.on("close", (status, signal) =>
      status === 0 ? resolve(output) : reject(new Error(`${program} ${args.join(" ")}: ${signal ?? status}\n${output}`)),
    );
  });
}

/** Explores one model. Returns the number of its states, and what is wrong with it. */
async function explore(text, settings, flags, name) {
  const folder = join(scratch, name.replaceAll(/[^a-z0-9]+/gi, "-"));
  mkdirSync(folder);
  writeFileSync(join(folder, "model.pml"), text);
  const start = Date.now();
  await run("spin", [...Object.entries(settings).map(([key, value]) => `-D${key}=${value}`), "-a", "model.pml"], folder);
  await run("cc", ["-w", "-O2", "-DCOLLAPSE", ...flags, "-o", "pan", "pan.c"], folder);
  const output = await run("./pan", [...(flags === ENDLESS ? ["-l"] : []), "-m100000"], folder);
  if (/max search depth too small|out of memory|Search not completed/.test(output) && !/errors: [1-9]/.test(output))
    throw new Error(output);
  return {
    states: Number(/(\d+) states, stored/.exec(output)?.[1]),
    errors: Number(/errors: (\d+)/.exec(output)?.[1]),
    what: /pan:1: (.*)/.exec(output)?.[1],
    seconds: (Date.now() - start) / 1000,
  };
}

async function check([name, model, settings, flags]) {
  const { states, errors, what, seconds } = await explore(read(model), settings, flags, name);
  console.log(`${name}: ${states.toLocaleString("en")} states, ${errors === 0 ? "no errors" : what}, ${seconds.toFixed(1)} s`);
  return errors === 0 && states > 0;
}

async function checkMutant([name, model, settings, from, to]) {
  const text = read(model);
  if (!text.includes(from)) throw new Error(`${model} has no longer the text that the mutant "${name}" replaces: ${from}`);
  const { errors, what } = await explore(text.replaceAll(from, to), { CRASHES: 2, ...settings }, SAFETY, `mutant ${name}`);
  console.log(`broken on purpose, ${name}: ${errors === 0 ? "NOT SEEN" : `seen (${what})`}`);
  return errors > 0;
}

function read(model) {
  return readFileSync(join(root, "native/model", model), "utf8");
}

/** Runs the jobs two at a time, because one takes up to 2 GiB of memory. */
async function all(jobs) {
  const results = [];
  const worker = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) results.push(await job());
  };
  await Promise.all([worker(), worker()]);
  return results.every((good) => good);
}

const { values: options } = parseArgs({ options: { deep: { type: "boolean", default: false } } });
const missing = ["spin", "cc"].filter((program) => !isThere(program));
if (missing.length > 0) {
  console.log(`Model checking needs spin and a C compiler (missing: ${missing.join(", ")}; on Debian: apt-get install spin gcc): skipped.`);
  process.exit(0);
}
const scratch = mkdtempSync(join(tmpdir(), "pp-model-"));
try {
  const wanted = options.deep ? [...checks, ...deep] : checks;
  const good = await all([...wanted.map((each) => () => check(each)), ...mutants.map((each) => () => checkMutant(each))]);
  if (!good) process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
