// The test commands. They set the clone up, then run the steps of their tier, one after the other, until one fails:
// `npm run test:quick` while you work, `npm test` before a change is done.
// `npm test -- [-t PART OF A NAME] [FILE...]` chooses tests of the suite; POLYPROC_TEST_FILES=queue,process/waits chooses files of cases.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildNative } from "./build-native.mjs";
import { findServer } from "./cluster/find-server.mjs";
import { ensureInstalled, root, runtime } from "./setup.mjs";
import { summary } from "./test-summary.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, testNamePattern: { type: "string", short: "t" } },
});
const tier = values.quick ? "quick" : "full";
const chosen = [...positionals, ...(values.testNamePattern === undefined ? [] : ["-t", values.testNamePattern])];

ensureInstalled();
console.log(`native library: ${buildNative()}`);

// Only `npm test` uses a server, and looking for one may fetch it.
const server = tier === "full" ? findServer() : {};

const node = runtime("node");
const vitest = (...args) => [node, "node_modules/vitest/vitest.mjs", "run", ...args];
const QUICK = ["quick"];
const FULL = ["full"];
const BOTH = ["quick", "full"];
/** Steps of the same name do the same thing to a different extent. */
const steps = [
  { name: "types", tiers: BOTH, command: [node, "node_modules/typescript/bin/tsc", "-p", "."] },
  { name: "types as users see them", tiers: BOTH, command: [process.execPath, "scripts/check-types.mjs"] },
  { name: "what JSR gets", tiers: BOTH, command: [process.execPath, "scripts/check-jsr.mjs"] },
  { name: "lint and format", tiers: BOTH, command: ["node_modules/.bin/biome", "check", "--error-on-warnings", "."] },
  { name: "generated files", tiers: BOTH, command: [process.execPath, "scripts/generate-functions.mjs", "--check"] },
  { name: "API reference", tiers: FULL, command: [node, "scripts/reference/reference.mjs"] },
  { name: "C library", tiers: QUICK, command: [process.execPath, "scripts/test-native.mjs", "--quick"] },
  { name: "C library", tiers: FULL, command: [process.execPath, "scripts/test-native.mjs"] },
  {
    name: "units, Node on both backends",
    tiers: QUICK,
    // Fuzzing alone takes half a minute. The full tier does it.
    command: vitest("--exclude", "**/fuzz.test.ts", "test/unit", "test/node.test.ts", "test/node-native.test.ts", ...chosen),
    env: { POLYPROC_TEST_TIER: "quick" },
  },
  {
    name: "smoke test of Deno and Bun",
    tiers: QUICK,
    command: vitest("test/deno.test.ts", "test/bun.test.ts", "test/deno-native.test.ts", "test/bun-native.test.ts"),
    env: { POLYPROC_TEST_FILES: "queue/basics" },
  },
  { name: "build", tiers: FULL, command: [node, "scripts/build.mjs"] },
  { name: "package", tiers: FULL, command: [process.execPath, "scripts/test-package.mjs"] },
  {
    name: "smoke test of many hosts",
    tiers: FULL,
    skipped: server.reason === undefined ? undefined : "there is no nats-server, see below",
    command: vitest("--config", "test/cluster/vitest.config.ts", "test/cluster/guide.test.ts"),
    env: { POLYPROC_NATS: server.path, POLYPROC_TEST_CODE: "built" },
  },
  { name: "suite", tiers: FULL, command: vitest(...chosen), env: { POLYPROC_TEST_CODE: "built" } },
];

const temp = mkdtempSync(join(tmpdir(), "pp-skipped-"));
const skippedTests = join(temp, "skipped");
const env = {
  ...process.env,
  // The suite starts thousands of processes: what Node compiled once need not be compiled again.
  NODE_COMPILE_CACHE: join(root, "node_modules/.cache/node"),
  POLYPROC_SKIPPED_TESTS: skippedTests,
};

/** Runs a step: the seconds that it took, or why it could not run or failed. */
function run({ name, command: [program, ...args], env: more, skipped }) {
  if (skipped !== undefined) return { name, skipped };
  const script = args.find((arg) => arg.startsWith("scripts/"));
  if (script !== undefined && !existsSync(join(root, script))) return { name, skipped: `${script} does not exist` };
  console.log(`\n== ${name}`);
  const start = Date.now();
  const { status, signal, error } = spawnSync(program, args, { cwd: root, env: { ...env, ...more }, stdio: "inherit" });
  return { name, seconds: (Date.now() - start) / 1000, failure: status === 0 ? undefined : (error?.message ?? String(signal ?? status)) };
}

const results = [];
for (const step of steps.filter(({ tiers }) => tiers.includes(tier))) {
  results.push(run(step));
  if (results.at(-1).failure !== undefined) break;
}
console.log(summary(results, skippedTests));
if (server.reason !== undefined) console.log(`\nMANY HOSTS: NOTHING WAS TESTED\n${server.reason}`);
rmSync(temp, { recursive: true, force: true });
process.exit(results.some(({ failure }) => failure !== undefined) ? 1 : 0);
