// Builds the package's JavaScript and types into dist/, and the suite beside it into .compat/ for Nodes that run no TypeScript.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, runtime } from "./setup.mjs";

function compile(project) {
  const { status } = spawnSync(runtime("node"), ["node_modules/typescript/bin/tsc", "-p", project], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

for (const folder of ["dist", ".compat"]) rmSync(join(root, folder), { recursive: true, force: true });
compile("tsconfig.build.json");
compile("tsconfig.compat.json");
writeFileSync(join(root, ".compat/package.json"), '{ "type": "module" }\n');
