// Builds the package as JSR gets it into the folder .jsr/: the same JavaScript as npm gets, because Deno loads a few files in less time and
// memory than all the sources.
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";
import { root } from "./setup.mjs";
import { writeTypes } from "./types.mjs";

const FOLDER = ".jsr";

/** Changes the text of a file of the package. */
function edit(name, change) {
  const file = join(root, FOLDER, name);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

/** Builds the package, and returns its folder. */
export function buildJsr() {
  const folder = join(root, FOLDER);
  const { exports, ...rest } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  const modules = Object.entries(exports).map(([name, path]) => [name, path.replace(/^\.\/|\.ts$/g, "")]);
  const files = modules.map(([, module]) => module);
  rmSync(folder, { recursive: true, force: true });
  writeTypes(FOLDER, files);
  // Deno takes the names of modules as they are written, and the modules of these types have no files of their own.
  const withEnding = (text) => text.replaceAll(/((?:from|import)[ (]*"\.[^"]+)\.ts"/g, '$1.d.ts"');
  for (const name of readdirSync(folder, { recursive: true })) if (name.endsWith(".d.ts")) edit(name, withEnding);
  bundle(FOLDER);
  for (const file of files)
    edit(`${file}.js`, (text) => text.replace(/^(#!.*\n)?/, (first) => `${first}/* @ts-self-types="./${basename(file)}.d.ts" */\n`));
  for (const name of ["README.md", "LICENSE", "CHANGELOG.md"]) cpSync(join(root, name), join(folder, name));
  // Deno looks here for the package that the search for functions needs.
  symlinkSync("../node_modules", join(folder, "node_modules"));
  const built = Object.fromEntries(modules.map(([name, module]) => [name, `./${module}.js`]));
  // Deno would leave out what git does not know.
  const publish = { exclude: ["!.", "node_modules"] };
  writeFileSync(join(folder, "deno.json"), `${JSON.stringify({ ...rest, exports: built, publish }, undefined, 2)}\n`);
  return folder;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(buildJsr());
