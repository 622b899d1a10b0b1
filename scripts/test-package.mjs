// Tests the package as npm ships it: packs what was built into dist/, lets publint and attw look at it, installs it into an empty folder
// without a network, and runs the first example of the README there.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packAll, packFolder } from "./pack.mjs";
import { root, runtime } from "./setup.mjs";

const node = runtime("node");
const scratch = mkdtempSync(join(tmpdir(), "pp-package-test-"));
const project = join(scratch, "project");

/** Runs a program and returns what it printed. */
function run(program, args, { cwd = root, env = {} } = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    timeout: 120_000,
    shell: program === "npm" && process.platform === "win32",
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${error?.message ?? signal ?? status}\n${stdout}${stderr}`);
  return stdout;
}

function expect(printed, wanted, what) {
  if (!wanted.test(printed)) throw new Error(`${what} should print ${wanted}, and printed:\n${printed}`);
}

/** The first program of the README, and what its comment says that it prints. */
function firstExample() {
  const [, code] = /^## First example\n+```ts\n([\s\S]*?)^```/m.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  const [, printed] = /console\.log\(.*\); \/\/ (.*)/.exec(code ?? "") ?? [];
  if (code === undefined || printed === undefined) throw new Error("The README has no first example that says what it prints.");
  return { code, printed };
}

function examine(archives) {
  for (const archive of archives) run(node, ["node_modules/publint/src/cli.js", "--strict", archive]);
  // Only ES modules are published: CommonJS of today can require() them, too, which attw does not know.
  run(node, ["node_modules/@arethetypeswrong/cli/dist/index.js", archives[0], "--profile", "esm-only"]);
}

function installAndRun(archives) {
  const dependency = packFolder(join(root, "node_modules/es-module-lexer"), scratch);
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "type": "module", "private": true }\n');
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--loglevel=error", dependency, ...archives], { cwd: project });
  const { code, printed } = firstExample();
  writeFileSync(join(project, "fibonacci.ts"), code);
  const backend = archives.length === 1 ? "portable" : "native";
  const env = { POLYPROC_BACKEND: backend };
  const output = run(node, ["fibonacci.ts"], { cwd: project, env });
  if (output.trim() !== printed) throw new Error(`The README's first example should print ${printed}, and printed:\n${output}`);
  const command = join(project, "node_modules/polyproc/dist/src/cli/polyproc.js");
  expect(
    run(node, [command, "doctor"], { cwd: project }),
    new RegExp(`^backend +${backend}[\\s\\S]*Nothing is wrong`, "m"),
    "polyproc doctor",
  );
  console.log(`The packed package works on its own, with the ${backend} backend.`);
}

try {
  const archives = packAll(scratch);
  examine(archives);
  installAndRun(archives);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
