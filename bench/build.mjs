// What Node and Bun run is what npm ships: the bundle. Deno runs the sources, as from JSR.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../scripts/bundle.mjs";
import { root, runtime } from "../scripts/setup.mjs";

/** Where the built programs lie; the native library is found from there as from dist/. */
export const built = join(root, ".scratch");

export function buildPrograms() {
  for (const part of ["mod.js", "src", "bench"]) rmSync(join(built, part), { recursive: true, force: true });
  const { status, stdout } = spawnSync(runtime("node"), ["node_modules/typescript/bin/tsc", "-p", "bench"], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) console.error(`The programs do not pass the type check, and may fail:\n${stdout}`);
  bundle(built, ["src/wire/encode", "src/wire/decode"]);
  writeFileSync(join(built, "package.json"), '{ "type": "module" }\n');
}
