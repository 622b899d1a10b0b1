// Contenders: how each program is run. A contender whose program is missing here has a reason instead of a command.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { nativeSources } from "../scripts/native-sources.mjs";
import { built, programFor } from "../scripts/programs.mjs";
import { root, runtime } from "../scripts/setup.mjs";

export const RUNTIMES = ["node", "deno", "bun"];
const FLAGS = { node: [], deno: ["run", "-A"], bun: [] };

function pairs(settings) {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}`);
}

function onRuntime(name, program, settings, env = {}) {
  const file = programFor(name, `bench/contenders/${program}`);
  return { runtime: name, command: [runtime(name), ...FLAGS[name], file, ...pairs(settings)], env };
}

function forEach(runtimes, make) {
  return Object.fromEntries(runtimes.map(make));
}

/** The project itself on each runtime: "node native", ... */
export function polyproc(program, settings = {}, { backend = "native", runtimes = RUNTIMES } = {}) {
  const env = { POLYPROC_BACKEND: backend };
  return forEach(runtimes, (name) => [`${name} ${backend}`, onRuntime(name, `polyproc/${program}`, settings, env)]);
}

/** A program that uses nothing but the runtime: "node fork advanced", ... */
export function builtin(label, program, settings = {}, runtimes = RUNTIMES) {
  return forEach(runtimes, (name) => [`${name} ${label}`, onRuntime(name, `builtin/${program}`, settings)]);
}

/** The shim's own blocking calls from JavaScript, via "pipe" or "queue": on bytes, and with the codec. */
export function shim(via, settings) {
  const made = (label, codec) => forEach(RUNTIMES, (name) => [`${name} ${label}`, onRuntime(name, "shim", { via, codec, ...settings })]);
  return { ...made("shim", 0), ...made("shim codec", 1) };
}

/** A codec on each runtime; a package that is not installed is a reason. */
export function codec(label, settings) {
  const missing = label.startsWith("msgpackr") && !existsSync(join(root, "node_modules/msgpackr"));
  const made = forEach(RUNTIMES, (name) => [`${name} ${label}`, onRuntime(name, "codec", { library: label, ...settings })]);
  return missing
    ? Object.fromEntries(Object.entries(made).map(([name, each]) => [name, { ...each, missing: "msgpackr is not installed" }]))
    : made;
}

let interpreter;

/** The Python there is: its program and its version. */
export function findPython() {
  const script = "import sys; print(sys.executable); print(sys.version.split()[0])";
  const { status, stdout } = spawnSync("python3", ["-c", script], { encoding: "utf8" });
  const [path, version] = status === 0 ? stdout.trim().split("\n") : [];
  interpreter ??= { path, version };
  return interpreter;
}

/** CPython's multiprocessing. */
export function python(program, settings = {}, label = "CPython") {
  const { path } = findPython();
  return {
    [label]: {
      command: [path, join(root, "bench/contenders/python", program), ...pairs(settings)],
      env: { PYTHONDONTWRITEBYTECODE: "1" },
      missing: path ? undefined : "there is no python3",
    },
  };
}

const CFLAGS = "-std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Werror".split(" ");
const compiled = new Map();

function compile(program) {
  const output = join(built, "bench", program);
  mkdirSync(join(built, "bench"), { recursive: true });
  const sources = [...nativeSources().map((path) => join(root, path)), join(root, `bench/c/${program}.c`), join(root, "bench/c/measure.c")];
  const args = [...CFLAGS, "-I", join(root, "native/src"), ...sources, "-lpthread", "-o", output];
  const { status, error, stderr } = spawnSync(process.env.CC ?? "cc", args, { encoding: "utf8" });
  if (error !== undefined) return { missing: "there is no C compiler" };
  return status === 0 ? { output } : { missing: `cc failed: ${stderr.trim().split("\n")[0]}` };
}

/** A C program of bench/c. */
export function c(program, settings = {}, label = `C ${program}`) {
  if (!compiled.has(program)) compiled.set(program, compile(program));
  const { output, missing } = compiled.get(program);
  return { [label]: { command: [output, ...pairs(settings)], missing } };
}

/** The same contenders with all their processes on one core. */
export function onOneCore(contenders) {
  return forEach(Object.keys(contenders), (name) => {
    const each = contenders[name];
    return [name, { ...each, command: ["taskset", "-c", "0", ...each.command] }];
  });
}
