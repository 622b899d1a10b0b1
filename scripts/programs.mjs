// Builds programs that use the package as npm and JSR ship it.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";
import { root, runtime } from "./setup.mjs";

/** The folder of the built programs. The package finds the native library from here as it does from dist/. */
export const built = join(root, ".scratch");

/** Builds the programs of a folder, `bench` or `soak`, and the package. They may also import the `inner` modules of the package. */
export function buildPrograms(folder, inner = []) {
  for (const part of ["mod.js", "src", "tools", folder]) rmSync(join(built, part), { recursive: true, force: true });
  const { status, stdout } = spawnSync(runtime("node"), ["node_modules/typescript/bin/tsc", "-p", folder], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) console.error(`The programs fail the type check and may not work:\n${stdout}`);
  bundle(built, inner);
  writeFileSync(join(built, "package.json"), '{ "type": "module" }\n');
}

/** The file of a built program. */
export function builtProgram(program) {
  return join(built, `${program}.js`);
}
