// Tests of the C library: `node scripts/test-native.mjs [--quick] [KILLS]`. The include graph; the edge cases of the queue; threads in place of
// processes under ThreadSanitizer; memory that another process writes to; processes that are stopped in the middle of a call; and workers that
// are killed at each failpoint and at random ones. KILLS is the number of random kills of a queue's workers, 15,000 by default. Locks and the
// other objects get a tenth of it, and some more kills run under AddressSanitizer and UndefinedBehaviorSanitizer.
// --quick leaves out ThreadSanitizer, and kills less often.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkIncludes } from "./check-includes.mjs";
import { INCLUDE, nativeFiles, nativeSources } from "./native-sources.mjs";
import { root } from "./setup.mjs";

const { positionals, values } = parseArgs({ allowPositionals: true, options: { quick: { type: "boolean", default: false } } });
const KILLS = Number(positionals[0] ?? (values.quick ? 2_000 : 15_000));
const SANITIZED_KILLS = 800;
const KILLS_AT_A_POINT = values.quick ? 3 : 10;
/** The files with the failpoints at which the workers of a queue are killed. */
const POINTS_IN = /^(queue\/.*|wait\/robust_lock|base\/snapshot|wait\/notice)\.c$/;
const ADDRESS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const ONE_MAPPING = ["native/test/one_mapping.c", "-Wl,--wrap=mmap,--wrap=munmap"];
const GUARD = ["native/test/fuzz/guard.c", "-Wl,--wrap=mmap,--wrap=munmap"];
const BELLS = ["native/test/bells.c"];
const WORKERS = ["native/test/workers.c", ...BELLS];
/** Waits are shorter, and the queue returns to the start of its ring earlier, so that rare steps become frequent. */
const FLAGS = [
  ..."-std=c11 -D_GNU_SOURCE -DPP_FAILPOINTS -DCHECK_MS=1 -DREWIND_AT=65536 -O2 -g".split(" "),
  ..."-Wall -Wextra -Wshadow -Werror -Inative/test".split(" "),
  INCLUDE,
];
const compiler = process.env.CC ?? "cc";

function points() {
  const texts = nativeFiles(POINTS_IN).map((path) => readFileSync(join(root, path), "utf8"));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/FAILPOINT\("([^"]+)"\)/g)].map((match) => match[1])))].sort();
}

/** Runs a program and returns all that it printed. */
function run(program, args) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], timeout: 3_600_000 });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (printed += text));
    child.on("error", fail);
    child.on("close", (status, signal) =>
      status === 0 ? done(printed) : fail(new Error(`${printed}${program} ${args.join(" ")} failed: ${signal ?? status}`)),
    );
  });
}

/** Runs a test; if it fails, the others still run. */
async function check(program, args) {
  try {
    process.stdout.write(await run(program, args));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** Compiles the library once with these flags, and returns a function that links a test with it. */
async function library(name, flags) {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const objects = [];
  for (const source of [...nativeSources(), "native/test/failpoint.c"]) {
    // The object's name contains the folder, because files of two folders may have the same name.
    const object = join(folder, source.replaceAll("/", "-").replace(/c$/, "o"));
    await run(compiler, ["-c", ...FLAGS, ...flags, source, "-o", object]);
    objects.push(object);
  }
  return async (test, extra = []) => {
    const program = join(scratch, `${name}_${test}`);
    await run(compiler, [...FLAGS, ...flags, `native/test/${test}.c`, ...extra, ...objects, "-o", program, "-lpthread"]);
    return program;
  };
}

async function sanitized(address, thread) {
  await check(await address("queue_test"), []);
  await check(await address("list_test"), []);
  await check(await address("long_test"), []);
  await check(await address("memory_test"), []);
  await check(await address("inspect_test"), []);
  await check(await address("scribble_test", GUARD), []);
  await check(await address("stop_test"), []);
  if (thread !== undefined) await check(await thread("thread_test", ONE_MAPPING), []);
  await check(await address("kill_test", WORKERS), [String(SANITIZED_KILLS)]);
  await check(await address("sync_test", BELLS), [String(SANITIZED_KILLS / 4)]);
}

async function killedAtPoints(plain) {
  await check(await plain("point_test", WORKERS), [String(KILLS_AT_A_POINT), ...points()]);
}

async function killedAtRandom(plain) {
  await check(await plain("sync_test", BELLS), [String(Math.ceil(KILLS / 10))]);
  await check(await plain("kill_test", WORKERS), [String(KILLS)]);
}

const faults = checkIncludes();
for (const fault of faults) console.error(`native/src: ${fault}`);
if (faults.length > 0) process.exit(1);
if (process.platform !== "linux" || spawnSync(compiler, ["--version"], { stdio: "ignore" }).status !== 0) {
  console.log("The C tests need Linux and a C compiler: skipped.");
  process.exit(0);
}
const scratch = mkdtempSync(join(tmpdir(), "pp-native-"));
try {
  const [plain, address, thread] = await Promise.all([
    library("plain", []),
    library("address", ADDRESS),
    values.quick ? undefined : library("thread", ["-fsanitize=thread"]),
  ]);
  // These tests measure time, so they run alone.
  await check(await plain("spin_test"), []);
  await check(await plain("helper_test"), []);
  await check(await plain("bell_test"), []);
  await check(await plain("told_test"), []);
  await Promise.all([sanitized(address, thread), killedAtPoints(plain), killedAtRandom(plain)]);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
