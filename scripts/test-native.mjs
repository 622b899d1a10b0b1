// Tests of the C shim: `node scripts/test-native.mjs [KILLS]`. Each edge of the queue; threads in place of processes under ThreadSanitizer;
// memory that somebody else writes to; processes that stand still in the middle of a call; workers killed at each named point, and at random steps: 50,000 times unless told otherwise, a tenth
// as often on locks and the like, and some more under AddressSanitizer and UndefinedBehaviorSanitizer.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root } from "./setup.mjs";

const KILLS = Number(process.argv[2] ?? 50_000);
const SANITIZED_KILLS = 800;
const KILLS_AT_A_POINT = 10;
/** Where the points are at which workers of a queue are killed. */
const POINTS_IN = ["queue.c", "lock.c", "snapshot.c", "notice.c"];
const ADDRESS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const ONE_MAPPING = ["native/test/one_mapping.c", "-Wl,--wrap=mmap,--wrap=munmap"];
const GUARD = ["native/test/fuzz/guard.c", "-Wl,--wrap=mmap,--wrap=munmap"];
const WORKERS = ["native/test/workers.c"];
/** Shorter waits and an earlier return to the ring's start, so that rare steps are frequent. */
const FLAGS = [
  ..."-std=c11 -D_GNU_SOURCE -DPP_FAILPOINTS -DCHECK_MS=1 -DREWIND_AT=65536 -O2 -g".split(" "),
  ..."-Wall -Wextra -Wshadow -Werror -Inative/src -Inative/test".split(" "),
];
const compiler = process.env.CC ?? "cc";
const sources = readdirSync(join(root, "native/src"))
  .filter((name) => name.endsWith(".c"))
  .map((name) => join(root, "native/src", name));

function points() {
  const texts = POINTS_IN.map((name) => readFileSync(join(root, "native/src", name), "utf8"));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/FAILPOINT\("([^"]+)"\)/g)].map((match) => match[1])))].sort();
}

/** Runs it, and gives all that it printed. */
function run(program, args, cwd = root) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"], timeout: 3_600_000 });
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

/** Compiles the shim once for these flags; gives a function that links tests with it. */
async function shim(name, flags) {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const absolute = FLAGS.map((flag) => (flag.startsWith("-I") ? `-I${resolve(root, flag.slice(2))}` : flag));
  await run(compiler, ["-c", ...absolute, ...flags, ...sources, join(root, "native/test/failpoint.c")], folder);
  const objects = readdirSync(folder).map((file) => join(folder, file));
  return async (test, extra = []) => {
    const program = join(scratch, `${name}_${test}`);
    await run(compiler, [...FLAGS, ...flags, `native/test/${test}.c`, ...extra, ...objects, "-o", program, "-lpthread"]);
    return program;
  };
}

async function sanitized(address, thread) {
  await check(await address("queue_test"), []);
  await check(await address("scribble_test", GUARD), []);
  await check(await address("stop_test"), []);
  await check(await thread("thread_test", ONE_MAPPING), []);
  await check(await address("kill_test", WORKERS), [String(SANITIZED_KILLS)]);
  await check(await address("sync_test"), [String(SANITIZED_KILLS / 4)]);
}

async function killedAtPoints(plain) {
  await check(await plain("point_test", WORKERS), [String(KILLS_AT_A_POINT), ...points()]);
}

async function killedAtRandom(plain) {
  await check(await plain("sync_test"), [String(Math.ceil(KILLS / 10))]);
  await check(await plain("kill_test", WORKERS), [String(KILLS)]);
}

if (process.platform !== "linux" || spawnSync(compiler, ["--version"], { stdio: "ignore" }).status !== 0) {
  console.log("The C tests need Linux and a C compiler: skipped.");
  process.exit(0);
}
const scratch = mkdtempSync(join(tmpdir(), "pp-native-"));
try {
  const [plain, address, thread] = await Promise.all([shim("plain", []), shim("address", ADDRESS), shim("thread", ["-fsanitize=thread"])]);
  // This one measures time.
  await check(await plain("spin_test"), []);
  await Promise.all([sanitized(address, thread), killedAtPoints(plain), killedAtRandom(plain)]);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
