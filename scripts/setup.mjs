// Prepares a clone: installs the dependencies and finds the pinned runtimes. The user's own Node runs this file, however old it is.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const commands = JSON.parse(readFileSync(join(root, "tools/runtimes.json"), "utf8"));

/** The pinned program of a runtime. */
export function runtime(name) {
  return join(root, commands[name][0]);
}

/** Installs the dependencies if they are missing. */
export function ensureInstalled() {
  const isComplete = () =>
    existsSync(join(root, "node_modules/.package-lock.json")) && ["node", "deno", "bun"].every((name) => existsSync(runtime(name)));
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
