// Kills the users of queues, locks, semaphores and events at random moments, on each runtime and backend, and compares what they wrote down.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { markdownTable } from "markdown-table";
import { buildNative } from "../scripts/build-native.mjs";
import { buildPrograms, builtProgram } from "../scripts/programs.mjs";
import { commandLine, pathWithRuntimes, RUNTIMES } from "../test/suite/runtimes.ts";
import { choice, integer, readArguments } from "../tools/arguments.ts";
import { killTagged, TAG, taggedProcesses } from "../tools/processes.ts";

const PROGRAMS = { objects: "soak/driver", pool: "soak/pool/driver" };
const BACKENDS = ["native", "portable"];
const MOST_SILENCE_MS = 600_000;
const GONE_WITHIN_MS = 2000;

const {
  what,
  kills,
  seed,
  runtime: onlyRuntime,
  backend: onlyBackend,
} = readArguments("npm run soak --", {
  what: choice(["objects", "pool"], "objects"),
  kills: integer(500, 1),
  runtime: choice([...RUNTIMES, "mixed"]),
  backend: choice(BACKENDS),
  seed: integer(Date.now() % 2 ** 32),
});
console.log(`Native library: ${buildNative()}.`);
buildPrograms("soak");
const temp = mkdtempSync(join(tmpdir(), "pp-soak-"));
const tag = randomUUID();

/** Prints the lines of the driver and returns the figures in its last one. A driver that is silent for too long is killed. */
async function figuresOf(stdout) {
  let figures;
  const silence = setTimeout(() => {
    console.error(`The soak printed nothing for ${MOST_SILENCE_MS / 1000} s and is killed.`);
    killTagged(tag);
  }, MOST_SILENCE_MS);
  for await (const line of createInterface({ input: stdout })) {
    silence.refresh();
    if (line.startsWith("{")) figures = JSON.parse(line);
    else console.log(line);
  }
  clearTimeout(silence);
  return figures;
}

/** Runs one soak and returns its figures. Returns undefined after a failure, which is printed. */
async function soak(name, backend) {
  const folder = join(temp, `${name}-${backend}`);
  mkdirSync(folder);
  const driver = name === "mixed" ? "node" : name;
  const env = {
    ...process.env,
    TMPDIR: folder,
    PATH: pathWithRuntimes(),
    POLYPROC_BACKEND: backend,
    [TAG]: tag,
    // A soak starts thousands of processes. They share the code that Node has compiled.
    NODE_COMPILE_CACHE: join(temp, "compiled"),
    NODE_OPTIONS: "",
  };
  const args = [`--kills=${kills}`, `--seed=${seed}`, ...(name === "mixed" ? ["--mixed"] : [])];
  const [program, line] = commandLine(driver, builtProgram(PROGRAMS[what]), args);
  console.log(`\n${name}, ${backend}: ${kills} kills, seed ${seed}`);
  const child = spawn(program, line, { env, stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((resolve) => child.on("close", (exit, signal) => resolve(exit ?? signal)));
  const figures = await figuresOf(child.stdout);
  const code = await closed;
  for (const until = Date.now() + GONE_WITHIN_MS; taggedProcesses(tag).length > 0 && Date.now() < until; ) await delay(50);
  const processes = taggedProcesses(tag).length;
  const files = readdirSync(folder);
  killTagged(tag);
  if (code === 0 && processes === 0 && files.length === 0) return figures;
  console.error(
    `${name}, ${backend} failed: exit code ${code}; ${processes} processes and ${files.length} files are left (${files.join(", ")}).`,
  );
  return undefined;
}

const COMMON = [
  ["runtime", ({ runtime }) => runtime],
  ["backend", ({ backend }) => backend],
  ["kills", ({ kills }) => kills],
  ["kills a second", ({ kills, seconds }) => (kills / seconds).toFixed(1)],
];
const OF_OBJECTS = [
  ["killed producers, consumers, holders, setters, waiters", ({ killed }) => Object.values(killed).join(", ")],
  ["killed at work, while starting, while stopped", ({ moments }) => Object.values(moments).join(", ")],
  ["items put", ({ puts }) => puts],
  ["items in killed consumers", ({ inKilledConsumers }) => inKilledConsumers],
  ["items redelivered", ({ redelivered }) => redelivered],
  ["times the lock was held", ({ held }) => held],
  ["of them after a holder's death", ({ abandoned }) => abandoned],
  ["longest time without progress (ms)", ({ longestIdle }) => Math.max(...Object.values(longestIdle))],
];
const OF_POOL = [
  ["killed at work, while idle, while starting, while stopped", ({ moments }) => Object.values(moments).join(", ")],
  ["calls", ({ calls }) => calls],
  ["results", ({ values }) => values],
  ["of them after a worker's death", ({ again }) => again],
  ["own errors", ({ ownErrors }) => ownErrors],
  ["tasks lost with their worker", ({ died }) => died],
  ["of them not called yet", ({ unseen }) => unseen],
  ["given up, refused", ({ givenUp, refused }) => `${givenUp}, ${refused}`],
  ["longest call (ms)", ({ longest }) => longest],
];
const COLUMNS = [...COMMON, ...(what === "pool" ? OF_POOL : OF_OBJECTS), ["wrong outcomes", () => 0]];

const runs = [];
try {
  for (const backend of onlyBackend === undefined ? BACKENDS : [onlyBackend])
    for (const name of onlyRuntime === undefined ? RUNTIMES : [onlyRuntime]) runs.push(await soak(name, backend));
} finally {
  rmSync(temp, { recursive: true, force: true });
}
const good = runs.filter((figures) => figures !== undefined);
console.log(`\nSeed ${seed}`);
const rows = good.map((figures) => COLUMNS.map(([, cell]) => String(cell(figures))));
console.log(markdownTable([COLUMNS.map(([title]) => title), ...rows]));
process.exit(good.length === runs.length ? 0 : 1);
