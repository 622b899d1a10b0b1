// Prepares a clone: installs the dependencies and finds the pinned runtimes. The user's own Node runs this file, however old it is.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

const commands = readJson("tools/runtimes.json");

/** The pinned program of a runtime. */
export function runtime(name) {
  return join(root, commands[name][0]);
}

/** Installs the dependencies if some are missing, as in a fresh clone, and after a pull that brought new ones. */
export function ensureInstalled() {
  const { dependencies, devDependencies } = readJson("package.json");
  // npm writes this file at the end of an install.
  const names = [".package-lock.json", ...Object.keys({ ...dependencies, ...devDependencies })];
  const wanted = [...names.map((name) => join(root, "node_modules", name)), ...["node", "deno", "bun"].map(runtime)];
  const isComplete = () => wanted.every((path) => existsSync(path));
  if (isComplete()) return;
  console.log("Installing the dependencies, among them Node, Deno and Bun (once)...");
  const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--engine-strict=false"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0 || !isComplete()) {
    console.error(
      "The dependencies could not be installed: run `npm install` and look at its output (the install scripts of node, deno and bun must be allowed).",
    );
    process.exit(1);
  }
}
