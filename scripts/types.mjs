import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, runtime } from "./setup.mjs";

/** Runs the compiler, and ends this program if it finds an error. */
export function compile(project, ...options) {
  const args = ["node_modules/typescript/bin/tsc", "-p", project, ...options];
  const { status } = spawnSync(runtime("node"), args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

/** Writes the types of these modules into a folder, without those that none of them refers to. */
export function writeTypes(folder, modules = ["mod"]) {
  compile("tsconfig.build.json", "--outDir", folder);
  const used = new Set();
  const follow = (file) => {
    if (used.has(file)) return;
    used.add(file);
    for (const [, specifier] of readFileSync(file, "utf8").matchAll(/(?:from|import)[ (]*"(\.[^"]+)\.[jt]s"/g))
      follow(join(dirname(file), `${specifier}.d.ts`));
  };
  for (const module of modules) follow(join(root, folder, `${module}.d.ts`));
  for (const name of readdirSync(join(root, folder), { recursive: true })) {
    const file = join(root, folder, name);
    if (name.endsWith(".d.ts") && !used.has(file)) rmSync(file);
  }
}
