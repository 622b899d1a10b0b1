// Builds the types and the JavaScript of the package into dist/. Builds the tests with the same JavaScript into .compat/, for versions of Node
// that do not run TypeScript.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";
import { root } from "./setup.mjs";
import { compile, writeTypes } from "./types.mjs";

for (const folder of ["dist", ".compat"]) rmSync(join(root, folder), { recursive: true, force: true });
writeTypes("dist");
compile("tsconfig.compat.json");
bundle("dist");
bundle(".compat", [
  "src/target/callers",
  "src/target/load",
  "src/target/locate",
  "src/codec/encode",
  "src/codec/envelope",
  "src/remote/handshake-limit",
  "src/pool/worker-source",
]);
writeFileSync(join(root, ".compat/package.json"), '{ "type": "module" }\n');
