// Builds the types and the JavaScript of the package into dist/. Builds the tests with the same JavaScript into .compat/, for versions of Node
// that do not run TypeScript.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundle } from "./bundle.mjs";
import { root, runtime } from "./setup.mjs";

function compile(project) {
  const { status } = spawnSync(runtime("node"), ["node_modules/typescript/bin/tsc", "-p", project], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

/** Removes the types of modules that no public type refers to. */
function pruneTypes() {
  const used = new Set();
  const follow = (file) => {
    if (used.has(file)) return;
    used.add(file);
    for (const [, specifier] of readFileSync(file, "utf8").matchAll(/(?:from|import)[ (]*"(\.[^"]+)\.[jt]s"/g))
      follow(join(dirname(file), `${specifier}.d.ts`));
  };
  follow(join(root, "dist/mod.d.ts"));
  for (const name of readdirSync(join(root, "dist"), { recursive: true })) {
    const file = join(root, "dist", name);
    if (name.endsWith(".d.ts") && !used.has(file)) rmSync(file);
  }
}

for (const folder of ["dist", ".compat"]) rmSync(join(root, folder), { recursive: true, force: true });
compile("tsconfig.build.json");
pruneTypes();
compile("tsconfig.compat.json");
bundle("dist");
bundle(".compat", [
  "src/target/callers",
  "src/target/load",
  "src/target/locate",
  "src/codec/encode",
  "src/codec/envelope",
  "src/remote/handshake-limit",
]);
writeFileSync(join(root, ".compat/package.json"), '{ "type": "module" }\n');
