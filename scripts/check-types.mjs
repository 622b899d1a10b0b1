// Compiles test/types as a user's program: against the types that npm ships, without the types of Node, by each version of TypeScript that is
// supported.
import { spawnSync } from "node:child_process";
import { root, runtime } from "./setup.mjs";

const types = "node_modules/.cache/types";

function compile(typescript, ...args) {
  const { status } = spawnSync(runtime("node"), [`node_modules/${typescript}/bin/tsc`, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

compile("typescript", "-p", "tsconfig.build.json", "--outDir", types);
for (const typescript of ["typescript", "typescript59"]) compile(typescript, "-p", "test/types");
