// Builds the native library for this machine, which a clone loads; or with --packages the packages of all platforms whose compilers are
// installed, which npm publishes. It first generates the TypeScript that belongs to it. The same sources and compiler give the same bytes.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { generateFunctions } from "./generate-functions.mjs";
import { INCLUDE, nativeSources } from "./native-sources.mjs";
import { ownPlatform, platforms, writePackage } from "./platforms.mjs";
import { root } from "./setup.mjs";

const FLAGS = [
  ..."-std=c11 -D_GNU_SOURCE -O2 -g0 -fPIC -shared -fvisibility=hidden -fstack-protector-strong -D_FORTIFY_SOURCE=2".split(" "),
  ..."-Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes -Werror".split(" "),
  ..."-include base/glibc.h -Wl,-z,nodelete,-z,relro,-z,now,--build-id=none,--no-undefined -lpthread".split(" "),
];

/** The first of these compilers that is installed, as the words of its command. */
export function compilerFor(commands) {
  return commands
    .map((command) => command.split(" "))
    .find(([program]) => spawnSync(program, [program === "zig" ? "version" : "--version"], { stdio: "ignore" }).status === 0);
}

/** Compiles the library. */
export function compile([program, ...args], output) {
  const { status, stderr } = spawnSync(program, [...args, INCLUDE, ...nativeSources(), ...FLAGS, "-o", output], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${program} failed:\n${stderr}`);
}

/** Writes a library and its hash into a folder: "built", or the reason why not. */
function build(compilers, folder) {
  const compiler = compilerFor(compilers);
  if (compiler === undefined) return `no C compiler (${compilers.join(", ")})`;
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `polyproc.${process.pid}.node`);
  compile(compiler, temporary);
  const hash = createHash("sha256").update(readFileSync(temporary)).digest("hex");
  renameSync(temporary, join(folder, "polyproc.node"));
  writeFileSync(join(folder, "polyproc.node.sha256"), `${hash}\n`);
  return "built";
}

/** Builds for this machine, if that is possible: a clone loads this library. */
export function buildNative() {
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch))
    return `no native backend for ${process.platform} ${process.arch}`;
  return build([process.env.CC ?? "cc"], join(root, `native/build/linux-${process.arch}`));
}

/** Makes the package of this machine's platform from the library that `buildNative` built. Returns its folder, or undefined without a library. */
export function packageOfMachine() {
  const platform = ownPlatform();
  const built = join(root, `native/build/linux-${process.arch}`);
  if (platform === undefined || !existsSync(built)) return undefined;
  const folder = packageFolder(platform);
  cpSync(built, folder, { recursive: true });
  writePackage(platform, folder);
  return folder;
}

/** The folder of a platform's package. */
export function packageFolder({ name }) {
  return join(root, "native/packages", name);
}

/** Builds the package of a platform: "built", or the reason why not. */
export function buildPackage(platform) {
  const folder = packageFolder(platform);
  const result = build(platform.compilers, folder);
  if (result === "built") writePackage(platform, folder);
  return result;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({ options: { packages: { type: "boolean", default: false } } });
  generateFunctions();
  const results = values.packages ? platforms.map((each) => [each.name, buildPackage(each)]) : [["native library", buildNative()]];
  for (const [name, result] of results) console.log(`${name}: ${result}`);
  if (results.every(([, result]) => result !== "built")) process.exit(1);
}
