// Kills the users of queues, locks, semaphores and events at random and compares what they wrote down:
// `npm run soak -- [--kills N] [--runtime node|deno|bun|mixed] [--backend native|portable] [--seed S]`.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { buildNative } from "./build-native.mjs";
import { buildPrograms, programFor } from "./programs.mjs";
import { ensureInstalled, root, runtime } from "./setup.mjs";

const RUNTIMES = ["node", "deno", "bun"];
const BACKENDS = ["native", "portable"];
const SILENT_FOR_MOST = 600_000;
const GONE_WITHIN = 2000;
const flags = { node: [], deno: ["run", "-A"], bun: [] };

function usage(problem) {
  console.error(`${problem}\nUsage: npm run soak -- [--kills N] [--runtime node|deno|bun|mixed] [--backend native|portable] [--seed S]`);
  process.exit(2);
}

function readArguments() {
  try {
    const options = { kills: { type: "string" }, runtime: { type: "string" }, backend: { type: "string" }, seed: { type: "string" } };
    return parseArgs({ options }).values;
  } catch (error) {
    return usage(error.message);
  }
}

const given = readArguments();
const kills = Number(given.kills ?? 500);
const seed = Number(given.seed ?? Date.now() % 2 ** 32);
if (!Number.isInteger(kills) || kills < 1) usage(`There can't be ${given.kills} kills.`);
if (!Number.isInteger(seed)) usage(`A seed is a whole number, received ${given.seed}.`);
if (given.runtime !== undefined && ![...RUNTIMES, "mixed"].includes(given.runtime)) usage(`There is no runtime ${given.runtime}.`);
if (given.backend !== undefined && !BACKENDS.includes(given.backend)) usage(`There is no backend ${given.backend}.`);

ensureInstalled();
console.log(`Native library: ${buildNative()}.`);
buildPrograms("soak");
const temp = mkdtempSync(join(tmpdir(), "pp-soak-"));
const tag = randomUUID();

function left() {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(tag);
    } catch {
      return false;
    }
  });
}

function endAll() {
  for (const pid of left())
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended by itself.
    }
}

/** The figures of one soak, or undefined if something went wrong, which is printed. */
async function soak(name, backend) {
  const folder = join(temp, `${name}-${backend}`);
  mkdirSync(folder);
  const driver = name === "mixed" ? "node" : name;
  const env = {
    ...process.env,
    TMPDIR: folder,
    PATH: [dirname(runtime("node")), dirname(runtime("deno")), join(root, "node_modules/.bin"), process.env.PATH].join(":"),
    POLYPROC_BACKEND: backend,
    POLYPROC_TEST_TAG: tag,
    // Thousands of starts: what was compiled once need not be compiled again.
    NODE_COMPILE_CACHE: join(temp, "compiled"),
    NODE_OPTIONS: "",
  };
  const args = [
    ...flags[driver],
    programFor(driver, "soak/main"),
    "--kills",
    kills,
    "--seed",
    seed,
    ...(name === "mixed" ? ["--mixed"] : []),
  ];
  console.log(`\n${name}, ${backend}: ${kills} kills, seed ${seed}`);
  const child = spawn(runtime(driver), args.map(String), { env, stdio: ["ignore", "pipe", "inherit"] });
  let figures;
  let rest = "";
  let silent;
  const heard = () => {
    clearTimeout(silent);
    silent = setTimeout(() => {
      console.error(`Nothing was heard for ${SILENT_FOR_MOST / 1000} s.`);
      endAll();
    }, SILENT_FOR_MOST);
  };
  heard();
  child.stdout.setEncoding("utf8").on("data", (text) => {
    heard();
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines)
      if (line.startsWith("{")) figures = JSON.parse(line);
      else console.log(line);
  });
  const code = await new Promise((resolve) => child.on("close", (exit, signal) => resolve(exit ?? signal)));
  clearTimeout(silent);
  for (const until = Date.now() + GONE_WITHIN; left().length > 0 && Date.now() < until; ) await delay(50);
  const processes = left().length;
  const files = readdirSync(folder);
  if (processes > 0) endAll();
  if (code === 0 && processes === 0 && files.length === 0) return figures;
  console.error(`${name}, ${backend} failed: exit ${code}, ${processes} processes and ${files.length} files left (${files.join(", ")})`);
  return undefined;
}

function tableLine(cells) {
  return `| ${cells.join(" | ")} |`;
}

const COLUMNS = [
  ["runtime", ({ runtime }) => runtime],
  ["backend", ({ backend }) => backend],
  ["kills", ({ kills }) => kills],
  ["a second", ({ kills, seconds }) => (kills / seconds).toFixed(1)],
  ["producers, consumers, holders, setters, waiters", ({ killed }) => Object.values(killed).join(", ")],
  ["at work, starting, stopped", ({ moments }) => Object.values(moments).join(", ")],
  ["put", ({ puts }) => puts],
  ["in the hands of killed consumers", ({ inHands }) => inHands],
  ["redelivered", ({ redelivered }) => redelivered],
  ["lock held", ({ held }) => held],
  ["told of a dead holder", ({ told }) => told],
  ["longest without progress (ms)", ({ longestIdle }) => Math.max(...Object.values(longestIdle))],
  ["wrong", () => 0],
];

const runs = [];
try {
  for (const backend of given.backend === undefined ? BACKENDS : [given.backend])
    for (const name of given.runtime === undefined ? RUNTIMES : [given.runtime]) runs.push(await soak(name, backend));
} finally {
  rmSync(temp, { recursive: true, force: true });
}
const good = runs.filter((figures) => figures !== undefined);
console.log(`\nSeed ${seed}`);
console.log(tableLine(COLUMNS.map(([title]) => title)));
console.log(tableLine(COLUMNS.map(() => "---")));
for (const figures of good) console.log(tableLine(COLUMNS.map(([, cell]) => cell(figures))));
process.exit(good.length === runs.length ? 0 : 1);
