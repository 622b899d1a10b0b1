// `npm run test:places [-- FILE... | -t PART OF A NAME]`: the places where polyproc is used besides plain programs. Each test uses the real
// test runner, bundler or compiler on a small project, in which the packed package is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildNative } from "./build-native.mjs";
import { packAll } from "./pack.mjs";
import { ensureInstalled, root, runtime } from "./setup.mjs";

const places = join(root, "test/places");
const modules = join(places, "node_modules");
const node = runtime("node");

/** Runs a program. If it fails, or takes longer than `seconds`, this program ends with its code. */
function run(program, args, { cwd = root, seconds }) {
  const { status, signal, error } = spawnSync(program, args, {
    cwd,
    stdio: "inherit",
    timeout: seconds * 1000,
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  console.error(`${program} ${args.join(" ")}: ${error?.message ?? signal ?? `exit code ${status}`}`);
  process.exit(status || 1);
}

/** Runs npm in the folder of the places. Packages from the registry come as the lock file says. */
function npm(...args) {
  run("npm", [...args, "--no-audit", "--no-fund", "--engine-strict=false"], { cwd: places, seconds: 600 });
}

/** Installs the tools on first use, and after a change of the lock file. */
function installTools() {
  const lock = readFileSync(join(places, "package-lock.json"));
  const stamp = join(modules, ".places");
  const wanted = createHash("sha256").update(lock).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log("Installing the test runners, bundlers and compilers (once)...");
  npm("ci");
  writeFileSync(stamp, wanted);
}

/** Packs the package, and that with the library of this machine, as `npm publish` would, and installs that. */
function installPackage() {
  const folder = mkdtempSync(join(tmpdir(), "pp-pack-"));
  run(node, ["scripts/build.mjs"], { seconds: 300 });
  npm("install", "--no-save", "--loglevel=error", ...packAll(folder));
  rmSync(folder, { recursive: true });
}

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
const start = Date.now();
ensureInstalled();
buildNative();
installTools();
installPackage();
console.log(`set up in ${seconds(start)}`);
const tests = Date.now();
run(node, [join(modules, "vitest/vitest.mjs"), "run", "--root", places, ...process.argv.slice(2)], { seconds: 900 });
console.log(`test:places: tests ${seconds(tests)}, with the set-up ${seconds(start)}`);
