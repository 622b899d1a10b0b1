// Builds the native library for this machine, or with --all also for the others that a cross compiler is there for.
// The same sources and compiler give the same bytes.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./setup.mjs";

const FLAGS = [
  ..."-std=c11 -D_GNU_SOURCE -O2 -g0 -fPIC -shared -fvisibility=hidden -fstack-protector-strong -D_FORTIFY_SOURCE=2".split(" "),
  ..."-Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Werror".split(" "),
  ..."-Wl,-z,nodelete,-z,relro,-z,now,--build-id=none,--no-undefined -lpthread".split(" "),
];
const arch = { x64: "x64", arm64: "arm64" }[process.arch];

/** What can be built: the folder's name, and the compilers that may do it. */
export const targets = {
  [`linux-${arch}`]: [process.env.CC ?? "cc"],
  "linux-arm64": ["aarch64-linux-gnu-gcc"],
  "linux-x64-musl": ["musl-gcc"],
};

/** The first of these compilers that is there. */
export function compilerFor(names) {
  return names.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}

function sources() {
  const folder = join(root, "native/src");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".c"))
    .sort()
    .map((name) => `native/src/${name}`);
}

/** Compiles the library. */
export function compile(compiler, output) {
  const { status, stderr } = spawnSync(compiler, [...sources(), ...FLAGS, "-o", output], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`${compiler} failed:\n${stderr}`);
}

/** Builds one target: "built", or why not. */
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

/** Builds for this machine, if it can. */
export function buildNative() {
  if (process.platform !== "linux" || arch === undefined) return `no native backend for ${process.platform} ${process.arch}`;
  return build(`linux-${arch}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const results = process.argv.includes("--all")
    ? Object.keys(targets).map((name) => [name, build(name)])
    : [[`linux-${arch}`, buildNative()]];
  for (const [name, result] of results) console.log(`${name}: ${result}`);
  if (results.every(([, result]) => result !== "built")) process.exit(1);
}
