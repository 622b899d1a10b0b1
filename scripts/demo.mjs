// The main job: `npm run demo -- [FOLDER] [--runtime node|deno|bun|all]` indexes the words of a folder's text files.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureInstalled, root, runtime } from "./setup.mjs";

const RUNTIMES = ["node", "deno", "bun"];
const FLAGS = { node: [], deno: ["run", "-A"], bun: [] };

function usage(problem) {
  console.error(`${problem}\nUsage: npm run demo -- [FOLDER] [--runtime node|deno|bun|all]`);
  process.exit(2);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({ options: { runtime: { type: "string", default: "node" } }, allowPositionals: true });
    return { wanted: values.runtime, folders: positionals };
  } catch (error) {
    return usage(error.message);
  }
}

function index(name, folder) {
  console.log(`\n== ${name}`);
  const scratch = mkdtempSync(join(tmpdir(), "index-files-"));
  const file = join(scratch, "result.json");
  try {
    const args = [...FLAGS[name], join(root, "examples/index-files.ts"), ...folder];
    const { status } = spawnSync(runtime(name), args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, INDEX_RESULT: file },
    });
    return status === 0 ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const { wanted, folders } = readArguments();
const names = wanted === "all" ? RUNTIMES : [wanted];
if (!names.every((name) => RUNTIMES.includes(name))) usage(`There is no runtime "${wanted}".`);
if (folders.length > 1) usage("One folder, please.");
const folder = folders.map((path) => resolve(path));
if (folder.some((path) => !existsSync(path) || !statSync(path).isDirectory())) usage(`There is no folder ${folder[0]}.`);
ensureInstalled();

const results = [];
for (const name of names) {
  const result = index(name, folder);
  if (result === undefined) process.exit(1);
  results.push(result);
}
if (results.length > 1) {
  console.log("\nruntime  files/s  speed-up");
  for (const [i, { rate, speedUp }] of results.entries()) {
    console.log(`${names[i].padEnd(7)}  ${String(rate).padStart(7)}  ${speedUp.toFixed(2)}x`);
  }
  const equal = results.every(({ digest }) => digest === results[0].digest);
  console.log(equal ? "All runtimes found the same." : "The runtimes' results differ.");
  if (!equal) process.exit(1);
}
