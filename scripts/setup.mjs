// What the two commands of the README share: dependencies installed, pinned runtimes found. Runs on whatever Node the user has.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const programs = {
  node: "node_modules/node/bin/node",
  deno: "node_modules/deno/deno",
  bun: "node_modules/bun/bin/bun.exe",
};

/** The pinned program of a runtime. */
export function runtime(name) {
  return join(root, programs[name]);
}

/** Installs the dependencies if they are missing. */
export function ensureInstalled() {
  const isThere = () =>
    existsSync(join(root, "node_modules/.package-lock.json")) && Object.keys(programs).every((name) => existsSync(runtime(name)));
  if (isThere()) return;
  console.log("Installing the dependencies, among them Node, Deno and Bun (once)...");
  const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--engine-strict=false"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0 || !isThere()) {
    console.error(
      "The dependencies could not be installed: run `npm install` and look at its output (the install scripts of node, deno and bun must be allowed).",
    );
    process.exit(1);
  }
}
