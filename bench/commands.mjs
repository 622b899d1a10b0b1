// The contenders of a row. `prepare` compiles or finds the program of a contender, and returns how to run it: `{ command, env }`, or
// `{ missing }` with the reason why it can't run. It is called only for rows that are measured.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findServer } from "../scripts/cluster/find-server.mjs";
import { nativeSources } from "../scripts/native-sources.mjs";
import { built, builtProgram } from "../scripts/programs.mjs";
import { root } from "../scripts/setup.mjs";
import { commandLine, RUNTIMES } from "../test/suite/runtimes.ts";
import { findPythons } from "../tools/python.ts";
import { findRedis } from "./find-redis.mjs";

function options(settings) {
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}

function onRuntime(name, program, settings, env = {}) {
  const prepare = () => {
    const [file, args] = commandLine(name, builtProgram(`bench/contenders/${program}`), options(settings));
    return { command: [file, ...args], env };
  };
  return { runtime: name, prepare };
}

function forEach(runtimes, make) {
  return Object.fromEntries(runtimes.map(make));
}

/** The project itself on each runtime: "node native", ... */
export function polyproc(program, settings = {}, { backend = "native", runtimes = RUNTIMES } = {}) {
  const env = { POLYPROC_BACKEND: backend };
  return forEach(runtimes, (name) => [`${name} ${backend}`, onRuntime(name, `polyproc/${program}`, settings, env)]);
}

/** The project itself with a trace, on the native backend: "node traced", ... */
export function traced(program, settings) {
  const env = { POLYPROC_BACKEND: "native", POLYPROC_TRACE: join(built, "bench/trace.json") };
  return forEach(RUNTIMES, (name) => [`${name} traced`, onRuntime(name, `polyproc/${program}`, settings, env)]);
}

/** A program that uses nothing but the runtime: "node fork advanced", ... */
export function builtin(label, program, settings = {}, runtimes = RUNTIMES) {
  return forEach(runtimes, (name) => [`${name} ${label}`, onRuntime(name, `builtin/${program}`, settings)]);
}

/** Programs that start a server, on each runtime: "node cluster", ... `find` gives the environment that names the server, or the reason why there is none. */
function withServer(find, programs, settings, runtimes) {
  const pairs = runtimes.flatMap((name) => Object.entries(programs).map(([label, program]) => [name, label, program]));
  return forEach(pairs, ([name, label, program]) => {
    const contender = onRuntime(name, program, settings);
    const prepare = () => {
      const { env, reason } = find();
      return env === undefined ? { missing: reason } : { ...contender.prepare(), env };
    };
    return [`${name} ${label}`, { ...contender, prepare }];
  });
}

/** Programs that start a server of NATS. */
export function onCluster(programs, settings, runtimes = RUNTIMES) {
  const find = () => {
    const { path, reason } = findServer();
    return path === undefined ? { reason } : { env: { POLYPROC_NATS: path } };
  };
  return withServer(find, programs, settings, runtimes);
}

/** Programs that start a server of Redis. */
export function onRedis(programs, settings, runtimes = RUNTIMES) {
  return withServer(findRedis, programs, settings, runtimes);
}

/** The pool of another package, on Node: "node piscina", ... */
export function peerPool(name, settings = {}) {
  return { [`node ${name}`]: onRuntime("node", "peers/pool", { package: name, ...settings }) };
}

/** The blocking calls of the shim (the native library) from JavaScript, via "pipe" or "queue": with plain bytes, and with the codec. */
export function shim(via, settings) {
  const made = (label, codec) => forEach(RUNTIMES, (name) => [`${name} ${label}`, onRuntime(name, "shim", { via, codec, ...settings })]);
  return { ...made("shim", 0), ...made("shim codec", 1) };
}

/** A codec on each runtime. */
export function codec(label, settings) {
  const isMissing = label.startsWith("msgpackr") && !existsSync(join(root, "node_modules/msgpackr"));
  return forEach(RUNTIMES, (name) => {
    const contender = onRuntime(name, "codec", { library: label, ...settings });
    return [`${name} ${label}`, isMissing ? { ...contender, prepare: () => ({ missing: "msgpackr is not installed" }) } : contender];
  });
}

let interpreters;

/** The newest Python of this machine, if there is one. */
export function findPython() {
  interpreters ??= findPythons();
  return interpreters[0];
}

/** CPython's multiprocessing. */
export function python(program, settings = {}, label = "CPython") {
  const prepare = () => {
    const interpreter = findPython();
    if (interpreter === undefined) return { missing: "there is no python3" };
    const command = [interpreter.path, join(root, "bench/contenders/python", program), ...options(settings)];
    return { command, env: { PYTHONDONTWRITEBYTECODE: "1" } };
  };
  return { [label]: { prepare } };
}

const CFLAGS = "-std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Werror".split(" ");
/** What the C programs share. */
const SHARED_SOURCES = ["measure", "sha256"];
const compiled = new Map();

function compile(program) {
  const output = join(built, "bench", program);
  mkdirSync(join(built, "bench"), { recursive: true });
  const ours = [program, ...SHARED_SOURCES].map((name) => join(root, `bench/c/${name}.c`));
  const sources = [...nativeSources().map((path) => join(root, path)), ...ours];
  const args = [...CFLAGS, "-I", join(root, "native/src"), ...sources, "-lpthread", "-o", output];
  const { status, error, stderr } = spawnSync(process.env.CC ?? "cc", args, { encoding: "utf8" });
  if (error !== undefined) return { missing: "there is no C compiler" };
  return status === 0 ? { output } : { missing: `cc failed: ${stderr.trim().split("\n")[0]}` };
}

function compiledProgram(program) {
  if (!compiled.has(program)) compiled.set(program, compile(program));
  return compiled.get(program);
}

/** A C program of bench/c. */
export function c(program, settings = {}, label = `C ${program}`) {
  const prepare = () => {
    const { output, missing } = compiledProgram(program);
    return missing === undefined ? { command: [output, ...options(settings)] } : { missing };
  };
  return { [label]: { prepare } };
}

/** The same contenders with another command line. */
function withCommand(contenders, change) {
  return forEach(Object.keys(contenders), (name) => {
    const prepare = () => {
      const prepared = contenders[name].prepare();
      return prepared.missing === undefined ? { ...prepared, command: change(prepared.command) } : prepared;
    };
    return [name, { ...contenders[name], prepare }];
  });
}

/** The same contenders, with all processes of each on one core. */
export function onOneCore(contenders) {
  return withCommand(contenders, (command) => ["taskset", "-c", "0", ...command]);
}

/** The same contenders, while one more process computes. It is bound to no core. */
export function whileOneCoreIsTaken(contenders) {
  return withCommand(contenders, (command) => {
    const { output, missing } = compiledProgram("busy");
    if (missing !== undefined) throw new Error(`No process can take a core: ${missing}.`);
    return [output, ...command];
  });
}

const MAX_FILE_BYTES = 1 << 20;
let fileList;

/** Lists real files, of all sizes up to 1 MiB: those of the installed packages. */
function listFiles() {
  const entries = readdirSync(join(root, "node_modules"), { withFileTypes: true, recursive: true });
  const files = entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() && !path.includes("/node_modules/.") && statSync(path).size <= MAX_FILE_BYTES ? [path] : [];
  });
  const list = join(built, "bench/files.txt");
  writeFileSync(list, `${files.sort().join("\n")}\n`);
  return list;
}

/** The same contenders, with a list of real files as their setting `files`. */
export function withFiles(contenders) {
  return withCommand(contenders, (command) => {
    fileList ??= listFiles();
    return [...command, `--files=${fileList}`];
  });
}
