// Fuzzing of the C library: `node scripts/fuzz-native.mjs [SECONDS=60] [NAME...]` runs each target of native/test/fuzz, or those named, for so
// many seconds under AddressSanitizer and UndefinedBehaviorSanitizer. If a target finds something, the input is left in a folder whose name
// is printed.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { INCLUDE, nativeSources } from "./native-sources.mjs";
import { root } from "./setup.mjs";

const FLAGS = "-std=c11 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer";
/** The targets whose shared mappings lie between guard pages. */
const GUARDED = ["queue", "sync"];
const { positionals } = parseArgs({ allowPositionals: true });
const seconds = Number(positionals[0] ?? 60);
const compiler = ["clang", ..."19 18 17 16 15 14".split(" ").map((version) => `clang-${version}`)].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);

/** All sources but those for Node, which no target calls. */
const sources = nativeSources().filter((path) => !path.startsWith("native/src/node/"));

function fuzz(name, folder) {
  const program = join(folder, name);
  const corpus = join(folder, `corpus-${name}`);
  mkdirSync(corpus);
  const guard = GUARDED.includes(name) ? ["native/test/fuzz/guard.c", "-Wl,--wrap=mmap,--wrap=munmap"] : [];
  const built = spawnSync(
    compiler,
    [...FLAGS.split(" "), INCLUDE, ...sources, `native/test/fuzz/fuzz_${name}.c`, ...guard, "-o", program, "-lpthread"],
    { cwd: root, encoding: "utf8" },
  );
  if (built.status !== 0) throw new Error(`${compiler} failed:\n${built.stderr}`);
  const options = [`-max_total_time=${seconds}`, "-timeout=10", "-rss_limit_mb=2048", "-max_len=1024", "-print_final_stats=1"];
  const { status, stderr } = spawnSync(program, [...options, `-artifact_prefix=${folder}/found-${name}-`, corpus], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: (seconds + 120) * 1000,
  });
  const runs = Number(/number_of_executed_units: (\d+)/.exec(stderr)?.[1] ?? 0);
  const covered = [...stderr.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? "?";
  console.log(
    `${name}: ${runs.toLocaleString("en")} inputs in ${seconds} s, ${covered} edges, ${status === 0 ? "nothing found" : "FOUND SOMETHING"}`,
  );
  if (status !== 0) console.log(stderr.split("\n").slice(-60).join("\n"));
  return status === 0;
}

if (process.platform !== "linux" || compiler === undefined) {
  console.log("Fuzzing needs Linux and clang with libFuzzer (on Debian: apt-get install clang): skipped.");
  process.exit(0);
}
const wanted = positionals.slice(1);
const folder = mkdtempSync(join(tmpdir(), "pp-fuzz-"));
const names = readdirSync(join(root, "native/test/fuzz"))
  .map((file) => /^fuzz_(\w+)\.c$/.exec(file)?.[1])
  .filter((name) => name !== undefined && (wanted.length === 0 || wanted.includes(name)));
let good = true;
for (const name of names) good = fuzz(name, folder) && good;
if (good) rmSync(folder, { recursive: true, force: true });
else {
  console.log(`What was found is in ${folder}`);
  process.exitCode = 1;
}
