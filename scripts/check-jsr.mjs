// Checks that JSR takes this package: that it can be published, that its types can be read without inferring them, and that each public name is
// documented. Nothing is sent anywhere.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildJsr } from "./build-jsr.mjs";
import { root } from "./setup.mjs";

const { exports } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));

/** Runs Deno in a folder, and prints what it says if it is not content. */
function check(cwd, ...args) {
  const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  const { status, stdout, stderr, error } = spawnSync(join(root, "node_modules/.bin/deno"), args, { cwd, env, encoding: "utf8" });
  const text = `${error?.message ?? ""}${stdout}${stderr}`;
  // The modules of the program are resolved and imported by names that are known only when the program runs.
  const warnings = text.match(/^warning\[(?!unanalyzable-(dynamic-import|import-meta-resolve)\])/gm) ?? [];
  if (status === 0 && warnings.length === 0) return;
  console.error(`deno ${args.join(" ")}\n${text}`);
  process.exit(1);
}

check(root, "doc", "--lint", ...Object.values(exports));
check(buildJsr(), "publish", "--dry-run", "--allow-dirty");
