// `npm run docs` writes the API reference into docs/api, from the docstrings. It fails if a docstring leaves something out, and if a link leads
// nowhere. It has dependencies of its own, because TypeDoc needs a programming interface of the compiler that TypeScript 7 does not have.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brokenLinks } from "../../tools/links.ts";
import { root } from "../setup.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
if (!existsSync(join(folder, "node_modules/.package-lock.json"))) {
  console.log("Installing what the API reference needs (once)...");
  const install = ["ci", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", install, { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) process.exit(1);
}

// These modules need the dependencies.
const { Application, TSConfigReader, TypeDocReader } = await import("typedoc");
const { default: ts } = await import("typescript");
const { missingIn } = await import("./completeness.mjs");

// TypeDoc drops the class in `@throws {Full} if ...`. It shows a class that is a part of the sentence.
const readFile = ts.sys.readFile;
const named = (_, start, name) => `${start} ${/^(Type|Range)Error$/.test(name) ? `\`${name}\`` : `{@link ${name}}`}`;
ts.sys.readFile = (...file) => readFile(...file)?.replace(/^( *\/?\*\*? @throws) \{(\w+)\}/gm, named);

const readers = [new TypeDocReader(), new TSConfigReader()];
const app = await Application.bootstrapWithPlugins({ options: join(folder, "typedoc.json"), logLevel: "Warn" }, readers);
const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
await app.generateOutputs(project);
const out = app.options.getValue("out");
const pages = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
const problems = [...missingIn(project), ...brokenLinks(pages.map((page) => join(out, page)))];
for (const problem of problems) console.error(problem);
const faults = problems.length + app.logger.warningCount + app.logger.errorCount;
console.log(
  faults === 0 ? `The API reference: ${relative(root, out)}/README.md` : `The API reference has ${faults} faults: mend the docstrings.`,
);
process.exit(faults === 0 ? 0 : 1);
