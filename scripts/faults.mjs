// Does the same to CPython and to polyproc, and prints side by side what came of it: `npm run faults -- [--row ID] [--backend native|portable]`.
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { rows } from "../faults/rows.mjs";
import { buildNative } from "./build-native.mjs";
import { ensureInstalled, root, runtime } from "./setup.mjs";

const OLDEST_MINOR = 11;
const LIMIT = 60_000;
const RUNTIMES = ["node", "deno", "bun"];
const flags = { node: [], deno: ["run", "-A"], bun: [] };
const ASK = "import sys; print(sys.executable, '.'.join(map(str, sys.version_info[:3])))";

function usage(problem) {
  console.error(`${problem}\nUsage: npm run faults -- [--row ${rows.map(({ id }) => id).join("|")}] [--backend native|portable]`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({ options: { row: { type: "string" }, backend: { type: "string" } } }).values;
  } catch (error) {
    return usage(error.message);
  }
}

function ask(command) {
  const { status, stdout } = spawnSync(command, ["-c", ASK], { encoding: "utf8", timeout: 20_000 });
  const [path = "", version = ""] = (stdout ?? "").trim().split(" ");
  const [major, minor] = version.split(".").map(Number);
  return status === 0 && major === 3 && minor >= OLDEST_MINOR ? [{ path, version }] : [];
}

/** The newest CPython: POLYPROC_PYTHON, else of those on PATH and pyenv's. */
function findPython() {
  const named = process.env.POLYPROC_PYTHON;
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const installed = existsSync(pyenv) ? readdirSync(pyenv).map((name) => join(pyenv, name, "bin/python3")) : [];
  const onPath = ["python3", ...[11, 12, 13, 14, 15].map((minor) => `python3.${minor}`)];
  const candidates = named === undefined || named === "" ? [...installed.filter((path) => existsSync(path)), ...onPath] : [named];
  return candidates.flatMap(ask).sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }))[0];
}

function killTagged(tag) {
  for (const pid of readdirSync("/proc"))
    try {
      if (/^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(tag)) process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended by itself, or is somebody else's.
    }
}

/** Runs a row's program, and gives what it saw. */
async function observed(program, args) {
  const tag = randomUUID();
  const temp = mkdtempSync(join(tmpdir(), "pp-faults-"));
  const env = { ...process.env, TMPDIR: temp, POLYPROC_TEST_TAG: tag, NODE_OPTIONS: "" };
  if (given.backend !== undefined) env.POLYPROC_BACKEND = given.backend;
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const limit = setTimeout(() => killTagged(tag), LIMIT);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  await new Promise((resolve) => child.on("exit", resolve));
  clearTimeout(limit);
  // Whoever is left holds the pipes open.
  killTagged(tag);
  if (child.stdout.readable || child.stderr.readable) await new Promise((resolve) => child.on("close", resolve));
  rmSync(temp, { recursive: true, force: true });
  const line = stdout.split("\n").find((each) => each.startsWith("{"));
  if (line !== undefined) return JSON.parse(line);
  throw new Error(
    `${program} ${args.join(" ")} said nothing within ${LIMIT / 1000} s, or failed (${child.exitCode ?? child.signalCode}):\n${stderr}`,
  );
}

function time(ms) {
  if (ms < 1) return "< 1 ms";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function together(results) {
  const texts = new Set(results.map(({ observed }) => observed));
  if (texts.size === 1) return `${results[0].observed} (${results.map(({ ms }) => time(ms)).join(", ")})`;
  return results.map(({ observed, ms }, i) => `${RUNTIMES[i]}: ${observed} (${time(ms)})`).join("; ");
}

function line(cells) {
  console.log(`| ${cells.join(" | ")} |`);
}

const given = readArguments();
const wanted = rows.filter(({ id }) => given.row === undefined || id === given.row);
if (wanted.length === 0) usage(`There is no row ${given.row}.`);
if (given.backend !== undefined && !["native", "portable"].includes(given.backend)) usage(`There is no backend ${given.backend}.`);
const python = findPython();
if (python === undefined) {
  console.error(`The comparison needs CPython 3.${OLDEST_MINOR} or later: set POLYPROC_PYTHON to one, or put python3 on PATH.`);
  process.exit(1);
}
ensureInstalled();
console.error(`Native library: ${buildNative()}.`);
process.env.PATH = [dirname(runtime("node")), dirname(runtime("deno")), join(root, "node_modules/.bin"), process.env.PATH].join(":");

const bad = [];
line(["fault", `CPython ${python.version}`, `polyproc (${RUNTIMES.join(", ")})`]);
line(["---", "---", "---"]);
for (const { id, fault } of wanted) {
  const theirs = await observed(python.path, [join(root, "faults", `${id}.py`)]);
  const ours = [];
  for (const name of RUNTIMES) {
    const result = await observed(runtime(name), [...flags[name], join(root, "faults", `${id}.ts`)]);
    if (!result.ok) bad.push(`${id} on ${name}: ${result.observed}`);
    ours.push(result);
  }
  line([fault, `${theirs.observed} (${time(theirs.ms)})`, together(ours)]);
}
if (bad.length > 0) console.error(`\nNot what is promised:\n${bad.join("\n")}`);
process.exit(bad.length === 0 ? 0 : 1);
