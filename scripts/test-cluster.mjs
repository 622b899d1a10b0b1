// `npm run test:cluster [-- FILE... | -t PART OF A NAME]`: the tests of many hosts, on real servers. Without a server nothing is tested, and the
// last lines say so.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildNative } from "./build-native.mjs";
import { findServer } from "./cluster/find-server.mjs";
import { ensureInstalled, root, runtime } from "./setup.mjs";
import { summary } from "./test-summary.mjs";

ensureInstalled();
const { path, version, reason } = findServer();
if (reason !== undefined) {
  console.log(`\ntest:cluster: NOTHING WAS TESTED\n${reason}`);
  process.exit(0);
}
console.log(`native library: ${buildNative()}\nnats-server ${version}: ${path}`);

const node = runtime("node");
const temp = mkdtempSync(join(tmpdir(), "pp-skipped-"));
const skippedTests = join(temp, "skipped");
const env = { ...process.env, POLYPROC_NATS: path, POLYPROC_SKIPPED_TESTS: skippedTests, POLYPROC_TEST_CODE: "built" };

/** Runs a program with the pinned Node: its name, its seconds, and why it failed if it did. */
function run(name, args, seconds) {
  const start = Date.now();
  const { status, signal, error } = spawnSync(node, args, { cwd: root, env, stdio: "inherit", timeout: seconds * 1000 });
  return { name, seconds: (Date.now() - start) / 1000, failure: status === 0 ? undefined : (error?.message ?? String(signal ?? status)) };
}

const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", "test/cluster/vitest.config.ts", ...process.argv.slice(2)];
const results = [run("build", ["scripts/build.mjs"], 300)];
if (results[0].failure === undefined) results.push(run("tests on real servers", vitest, 600));
console.log(summary(results, skippedTests));
rmSync(temp, { recursive: true, force: true });
process.exit(results.some(({ failure }) => failure !== undefined) ? 1 : 0);
