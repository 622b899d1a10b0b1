// Runs a program of this repository with the pinned Node: `node scripts/run.mjs PROGRAM [ARGUMENTS]`. The program may use TypeScript and the
// development dependencies, which the user's own Node may not know and a fresh clone does not have.
import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureInstalled, root, runtime } from "./setup.mjs";

ensureInstalled();
const [path] = process.argv.splice(2, 1);
const program = join(root, path);
if (realpathSync(process.execPath) === realpathSync(runtime("node"))) await import(pathToFileURL(program).href);
else {
  const { status } = spawnSync(runtime("node"), [program, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(status ?? 1);
}
