// Programs that are no runtime: executable files that a compiler made, and a runtime under another name. As a child, such a program would
// run its own main module again, and start itself without end.
import { execFileSync } from "node:child_process";
import { copyFileSync, linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandLine, commands, pathWithRuntimes } from "./suite/runtimes.ts";

const mod = fileURLToPath(new URL("../mod.ts", import.meta.url));
const programOf = (runtime: string): string => commands[runtime]?.[0] ?? "";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pp-executables-"));
  writeFileSync(join(folder, "double.mjs"), "export function double(n) { return 2 * n; }\n");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that tries to start a child in all ways, and prints what comes of it as JSON. `load` is the code that loads the library. */
const text = (load: string): string => `
const { appendFileSync, readFileSync } = process.getBuiltinModule("node:fs");
appendFileSync(process.env.RUNS, "x");
if (readFileSync(process.env.RUNS).length > 3) process.exit(9); // It starts itself again and again.
(async () => {
  const { Process, setExecutable } = ${load};
  const attempt = async (options) => {
    const p = new Process({ args: [4], ...options });
    try {
      await p.start();
      return await p.result();
    } catch (error) {
      return error.name + ": " + error.message;
    }
  };
  const target = { module: process.env.DOUBLE, name: "double" };
  const results = { plain: await attempt({ target }), node: await attempt({ target, runtime: "node" }) };
  results.closure = await attempt({ target: function closure() {}, runtime: "node" });
  setExecutable(process.env.EXECUTABLE);
  results.set = await attempt({ target });
  console.log(JSON.stringify(results));
})();
`;

interface Results {
  readonly plain: unknown;
  readonly node: unknown;
  readonly closure: unknown;
  readonly set: unknown;
  /** How often the program ran. */
  readonly runs: number;
}

function run(file: string, args: readonly string[], runtime: string): Results {
  const runs = join(folder, "runs");
  rmSync(runs, { force: true });
  const paths = { RUNS: runs, MOD: mod, DOUBLE: join(folder, "double.mjs"), EXECUTABLE: programOf(runtime), PATH: pathWithRuntimes() };
  const env = { ...process.env, ...paths, NODE_OPTIONS: "", VITEST: "" };
  const output = execFileSync(file, args, { env, encoding: "utf8", timeout: 50_000, killSignal: "SIGKILL" });
  const line = output.split("\n").find((each) => each.startsWith("{")) ?? "{}";
  return { ...(JSON.parse(line) as Results), runs: readFileSync(runs, "utf8").length };
}

function expectRefusal(results: Results, what: RegExp): void {
  expect(results.plain).toMatch(/^StateError: A child can't be started with this program, which is .*runtime: "node"/);
  expect(results.plain).toMatch(what);
  expect(results).toMatchObject({ node: 8, set: 8, runs: 1 });
  expect(results.closure).toMatch(/^StateError: Cannot find an export for function "closure".*\{ module, name \}/);
}

describe("a program that is no runtime is never started as if it were one, and the advice works", () => {
  it("a single executable file of Node", () => {
    writeFileSync(join(folder, "main.cjs"), text(`require("node:module").createRequire(process.env.MOD)(process.env.MOD)`));
    writeFileSync(join(folder, "sea.json"), JSON.stringify({ main: "main.cjs", output: "node-app", disableExperimentalSEAWarning: true }));
    execFileSync(programOf("node"), ["--build-sea", "sea.json"], { cwd: folder, stdio: "pipe" });
    expectRefusal(run(join(folder, "node-app"), [], "node"), /a single executable file/);
  });

  it("an executable file of Bun", () => {
    writeFileSync(join(folder, "main.mjs"), text("await import(process.env.MOD)"));
    execFileSync(programOf("bun"), ["build", "--compile", "main.mjs", "--outfile", "bun-app"], { cwd: folder, stdio: "pipe" });
    expectRefusal(run(join(folder, "bun-app"), [], "bun"), /bun build --compile/);
  });

  it("an executable file of Bun with polyproc inside", () => {
    writeFileSync(join(folder, "compiled.mjs"), text(`await import(${JSON.stringify(mod)})`));
    execFileSync(programOf("bun"), ["build", "--compile", "compiled.mjs", "--outfile", "bun-inside"], { cwd: folder, stdio: "pipe" });
    const { runs, ...results } = run(join(folder, "bun-inside"), [], "bun");
    expect(runs).toBe(1);
    for (const result of Object.values(results))
      expect(result).toMatch(/^StateError: .*a bundler has put them into the program.*dist\/mod\.js/);
  });

  it.each(["node", "deno", "bun"])("%s under another name", (runtime) => {
    writeFileSync(join(folder, "main.mjs"), text("await import(process.env.MOD)"));
    const [, ...flags] = commands[runtime] ?? [];
    const renamed = join(folder, `renamed-${runtime.length}${runtime.charCodeAt(0)}`);
    try {
      linkSync(programOf(runtime), renamed);
    } catch {
      copyFileSync(programOf(runtime), renamed);
    }
    expectRefusal(run(renamed, [...flags, join(folder, "main.mjs")], runtime), /renamed-\d+, which does not have the name of a runtime/);
  });
});

describe.each(["node", "deno", "bun"])("a bundle that waits for a process at its top level, on %s", (runtime) => {
  const program = `import { isMain, Process } from ${JSON.stringify(mod)};
export function work(n) { return 2 * n; }
if (isMain(import.meta)) {
  const p = new Process({ target: work, args: [4] });
  console.log(await p.start().then(() => p.result(), String));
}
`;

  function bundled(name: string, ...flags: readonly string[]): string {
    writeFileSync(join(folder, "bundle-main.mjs"), program);
    execFileSync(programOf("bun"), ["build", "--target=node", "bundle-main.mjs", "--outfile", name, ...flags], {
      cwd: folder,
      stdio: "pipe",
    });
    const [file, args] = commandLine(runtime, join(folder, name));
    const env = { ...process.env, PATH: pathWithRuntimes(), NODE_OPTIONS: "", VITEST: "" };
    return execFileSync(file, args, { env, encoding: "utf8", timeout: 20_000, killSignal: "SIGKILL" }).trim();
  }

  it("does not hang with polyproc inside, and says what to do", () => {
    expect(bundled("inside.mjs")).toMatch(
      /^StateError: .*a bundler has put them into the program.*`await freezeSupport\(\)` in its main module.*registerTarget.*--external polyproc/,
    );
  });

  it("works with polyproc outside", () => {
    expect(bundled("outside.mjs", "--external", mod)).toBe("8");
  });
});
