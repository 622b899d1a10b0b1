// Builds the native library for this machine, or with --all also for each other machine whose cross compiler is installed. It first
// generates the TypeScript that belongs to it. The same sources and compiler give the same bytes.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { generateFunctions } from "./generate-functions.mjs";
import { INCLUDE, nativeSources } from "./native-sources.mjs";
import { root } from "./setup.mjs";

const FLAGS = [
  ..."-std=c11 -D_GNU_SOURCE -O2 -g0 -fPIC -shared -fvisibility=hidden -fstack-protector-strong -D_FORTIFY_SOURCE=2".split(" "),
  ..."-Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes -Werror".split(" "),
  ..."-Wl,-z,nodelete,-z,relro,-z,now,--build-id=none,--no-undefined -lpthread".split(" "),
];
const arch = { x64: "x64", arm64: "arm64" }[process.arch];

/** What can be built: the folder's name, and the compilers that can do it. */
export const targets = {
  [`linux-${arch}`]: [process.env.CC ?? "cc"],
  "linux-arm64": ["aarch64-linux-gnu-gcc"],
  "linux-x64-musl": ["musl-gcc"],
};

/** The first of these compilers that is installed. */
export function compilerFor(names) {
  return names.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}

/** Compiles the library. */
export function compile(compiler, output) {
  const { status, stderr } = spawnSync(compiler, [INCLUDE, ...nativeSources(), ...FLAGS, "-o", output], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`${compiler} failed:\n${stderr}`);
}

/** Builds one target: "built", or the reason why it was not. */
export function build(name, compilers = targets[name]) {
  const compiler = compilerFor(compilers);
  if (compiler === undefined) return `no C compiler (${compilers.join(", ")})`;
  const folder = join(root, "native/build", name);
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `polyproc.${process.pid}.node`);
  compile(compiler, temporary);
  const hash = createHash("sha256").update(readFileSync(temporary)).digest("hex");
  renameSync(temporary, join(folder, "polyproc.node"));
  writeFileSync(join(folder, "polyproc.node.sha256"), `${hash}\n`);
  return "built";
}

/** Builds for this machine, if that is possible. */
export function buildNative() {
  if (process.platform !== "linux" || arch === undefined) return `no native backend for ${process.platform} ${process.arch}`;
  return build(`linux-${arch}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({ options: { all: { type: "boolean", default: false } } });
  generateFunctions();
  const results = values.all ? Object.keys(targets).map((name) => [name, build(name)]) : [[`linux-${arch}`, buildNative()]];
  for (const [name, result] of results) console.log(`${name}: ${result}`);
  if (results.every(([, result]) => result !== "built")) process.exit(1);
}
