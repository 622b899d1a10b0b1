// The test command: sets itself up, then checks types, lint and format, the shim, the suite on every runtime, and the built JavaScript
// on older Nodes.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildNative } from "./build-native.mjs";
import { ensureInstalled, root, runtime } from "./setup.mjs";

ensureInstalled();
console.log(`native library: ${buildNative()}`);

const node = runtime("node");
// The suite starts thousands of processes: what Node compiled once need not be compiled again.
const env = { ...process.env, NODE_COMPILE_CACHE: join(root, "node_modules/.cache/node") };
const steps = [
  ["types", node, ["node_modules/typescript/bin/tsc", "-p", "."]],
  ["lint and format", "node_modules/.bin/biome", ["check", "."]],
  ["the shim", process.execPath, ["scripts/test-native.mjs"]],
  ["suite", node, ["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)]],
  ["build", node, ["scripts/build.mjs"]],
  ["built JavaScript on Node 22 and 24", node, ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.compat.config.ts"]],
];
for (const [name, program, args] of steps) {
  console.log(`\n== ${name}`);
  const start = Date.now();
  const { status, signal, error } = spawnSync(program, args, { cwd: root, env, stdio: "inherit" });
  if (status !== 0) {
    console.error(`== ${name} failed${error === undefined ? ` (${signal ?? status})` : `: ${error.message}`}`);
    process.exit(1);
  }
  console.log(`== ${name}: ${((Date.now() - start) / 1000).toFixed(1)} s`);
}
