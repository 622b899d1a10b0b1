// Executable files. They are run in another folder, with nothing beside them.
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Project, program } from "./project.ts";

let elsewhere: string;
beforeAll(() => {
  elsewhere = mkdtempSync(join(tmpdir(), "pp-places-"));
});
afterAll(() => rmSync(elsewhere, { recursive: true }));

/** Moves the executable file away from its project, and runs it. */
async function expectWorks(project: Project, file: string): Promise<void> {
  const moved = join(elsewhere, file);
  copyFileSync(join(project.folder, file), moved);
  rmSync(project.folder, { recursive: true });
  const { code, stdout, output } = await new Project("bundle", `${file}-runs`).run([moved]);
  expect(stdout, output).toBe("8 [ 2, 4, 6 ]\n");
  expect(code).toBe(0);
}

describe("bun build --compile", () => {
  it.each(["", "--minify"])("flag: %j", async (flag) => {
    const file = `bun-executable${flag}`;
    const project = new Project("bundle", file);
    const flags = flag === "" ? [] : [flag];
    const { code, output } = await project.run([program("bun"), "build", "--compile", "main.ts", "--outfile", file, ...flags]);
    expect(code, output).toBe(0);
    await expectWorks(project, file);
  });
});

it("Node's single executable", async () => {
  const project = new Project("bundle", "node-executable");
  const built = await project.run([program("node"), "build.js", "esbuild", "cjs", "main-commonjs.ts"]);
  expect(built.code, built.output).toBe(0);
  const config = { main: "out/bundle.cjs", output: "node-executable", disableExperimentalSEAWarning: true };
  project.write("sea.json", JSON.stringify(config));
  const made = await project.run([program("node"), "--build-sea", "sea.json"]);
  expect(made.code, made.output).toBe(0);
  await expectWorks(project, "node-executable");
});

it("deno compile", async ({ skip }) => {
  const project = new Project("bundle", "deno-executable");
  project.write("deno.json", JSON.stringify({ nodeModulesDir: "manual" }));
  const { code, output } = await project.run([program("deno"), "compile", "-A", "--no-check", "--output", "deno-executable", "main.ts"]);
  if (code !== 0 && /error sending request for url .*denort/.test(output)) skip("deno compile can't download its base, denort, here");
  expect(code, output).toBe(0);
  await expectWorks(project, "deno-executable");
});
