// Tests of the C shim: `node scripts/test-native.mjs [KILLS]` kills workers on one queue at random steps, 50,000 times unless told otherwise,
// and some more under AddressSanitizer and UndefinedBehaviorSanitizer.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./setup.mjs";

const KILLS = Number(process.argv[2] ?? 50_000);
const SANITIZED_KILLS = 800;
const FLAGS = "-std=c11 -D_GNU_SOURCE -DPP_FAILPOINTS -DCHECK_MS=1 -O2 -g -Wall -Wextra -Wshadow -Werror -Inative/src -Inative/test".split(
  " ",
);
const compiler = process.env.CC ?? "cc";

function run(program, args) {
  const { status, signal, error } = spawnSync(program, args, { cwd: root, stdio: "inherit", timeout: 3_600_000 });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? signal ?? status}`);
}

function sources() {
  const library = readdirSync(join(root, "native/src")).filter((name) => name.endsWith(".c"));
  return [...library.map((name) => `native/src/${name}`), "native/test/failpoint.c"];
}

if (process.platform !== "linux" || spawnSync(compiler, ["--version"], { stdio: "ignore" }).status !== 0) {
  console.log("The C tests need Linux and a C compiler: skipped.");
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), "pp-native-"));
try {
  const plain = join(folder, "kill_test");
  const sanitized = join(folder, "kill_test_sanitized");
  run(compiler, [...FLAGS, ...sources(), "native/test/kill_test.c", "-o", plain, "-lpthread"]);
  run(compiler, [
    ...FLAGS,
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    ...sources(),
    "native/test/kill_test.c",
    "-o",
    sanitized,
    "-lpthread",
  ]);
  run(sanitized, [String(SANITIZED_KILLS)]);
  run(plain, [String(KILLS)]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
