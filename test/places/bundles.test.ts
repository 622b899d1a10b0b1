// Bundles. The program's target is registered, because a bundle does not export the functions of the modules that it has taken in.

import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { hasLibrary } from "../suite/library.ts";
import { type Ended, Project, program } from "./project.ts";

const node = program("node");
const library = fileURLToPath(new URL(`../../native/build/${process.platform}-${process.arch}/polyproc.node`, import.meta.url));
const entries = { esm: "main.ts", cjs: "main-commonjs.ts" };
const files = { esm: "out/bundle.mjs", cjs: "out/bundle.cjs" };
const formats = ["esm", "cjs"] as const;

function expectResults({ code, stdout, output }: Ended): void {
  expect(stdout, output).toBe("8 [ 2, 4, 6 ]\n");
  expect(code).toBe(0);
}

describe.each(["esbuild", "rolldown", "vite", "tsup"])("%s", (tool) => {
  async function bundle(format: "esm" | "cjs", entry: string, ...words: string[]): Promise<Project> {
    const project = new Project("bundle", ["bundle", tool, format, ...words].join("-"));
    const { code, output } = await project.run([node, "build.js", tool, format, entry, ...words]);
    expect(code, output).toBe(0);
    return project;
  }

  const kinds = formats.flatMap((format) =>
    [["external"], ["external", "minify"], [], ["minify"]].map((words) => ({ name: [format, ...words].join(" "), format, words })),
  );

  it.each(kinds)("$name", async ({ format, words }) => {
    const project = await bundle(format, entries[format], ...words);
    expectResults(await project.run([node, files[format]]));
  });

  it("isMain(import.meta) works in CommonJS too, where import.meta is empty", async () => {
    const project = await bundle("cjs", "is-main.ts", "external");
    const { code, stdout, output } = await project.run([node, files.cjs]);
    expect(stdout, output).toBe("true\n");
    expect(code).toBe(0);
  });
});

describe.each(["node", "deno", "bun"])("a bundle that contains polyproc, on %s", (runtime) => {
  const command = [program(runtime), ...(runtime === "deno" ? ["run", "-A"] : []), files.esm];
  let project: Project;
  beforeAll(async () => {
    project = new Project("bundle", `bundle-on-${runtime}`);
    await project.run([node, "build.js", "esbuild", "esm", "main.ts"]);
  });

  it("has the portable backend", async () => expectResults(await project.run(command, { POLYPROC_BACKEND: "portable" })));

  it.runIf(hasLibrary())("has the native backend where POLYPROC_NATIVE names the library", async () => {
    expectResults(await project.run(command, { POLYPROC_BACKEND: "native", POLYPROC_NATIVE: library }));
  });
});

describe("bun build", () => {
  const flagLists = ["--target=bun", "--target=node"].flatMap((target) => [
    [target],
    [target, "--minify"],
    [target, "--external=polyproc"],
  ]);

  it.each(flagLists.map((flags) => flags.join(" ")))("%s", async (text) => {
    const flags = text.split(" ");
    const project = new Project("bundle", ["bun-build", ...flags].join(""));
    const { code, output } = await project.run([program("bun"), "build", "main.ts", "--outfile", files.esm, ...flags]);
    expect(code, output).toBe(0);
    expectResults(await project.run([program(text.includes("=bun") ? "bun" : "node"), files.esm]));
  });

  it("CommonJS that leaves polyproc out", async () => {
    const project = new Project("bundle", "bun-build-commonjs");
    const flags = ["--target=node", "--format=cjs", "--external", "polyproc", "--outfile", files.cjs];
    const { code, output } = await project.run([program("bun"), "build", "main-commonjs.ts", ...flags]);
    expect(code, output).toBe(0);
    expectResults(await project.run([node, files.cjs]));
  });
});
