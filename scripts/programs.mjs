// Programs beside what npm ships: the bundle, which Node and Bun run. Deno runs the sources, as a clone has them.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";
import { root, runtime } from "./setup.mjs";

/** Where the built programs lie, each in a folder as here; the native library is found from there as from dist/. */
export const built = join(root, ".scratch");

/** Builds the programs of a folder, `bench` or `soak`, with a bundle whose `inner` modules they may import too. */
export function buildPrograms(folder, inner = []) {
  for (const part of ["mod.js", "src", folder]) rmSync(join(built, part), { recursive: true, force: true });
  const { status, stdout } = spawnSync(runtime("node"), ["node_modules/typescript/bin/tsc", "-p", folder], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) console.error(`The programs do not pass the type check, and may fail:\n${stdout}`);
  bundle(built, inner);
  writeFileSync(join(built, "package.json"), '{ "type": "module" }\n');
}

/** The file of a program for a runtime. */
export function programFor(name, program) {
  return name === "deno" ? join(root, `${program}.ts`) : join(built, `${program}.js`);
}
