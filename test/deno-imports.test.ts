// Deno programs that import this package in each way in which Deno takes it, with each kind of configuration of their own.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import denoJson from "../deno.json" with { type: "json" };
import packageJson from "../package.json" with { type: "json" };
import { LEXER_VERSIONS } from "../src/target/lexer.ts";
import { Program } from "./suite/program.ts";
import { serve } from "./suite/registry.ts";

const root = realpathSync(fileURLToPath(new URL("../", import.meta.url)));
const MAIN = `
import { Pool, Process } from "PACKAGE";
import { double, triple } from "./targets.ts";
export function add(a: number, b: number): number {
  return a + b;
}
if (import.meta.main) {
  const results: number[] = [];
  const process = new Process({ target: double, args: [4] });
  await process.start();
  results.push(await process.result());
  await process.join();
  const pool = new Pool({ processes: 1 });
  results.push(await pool.apply(add, [1, 2]), ...(await pool.map(triple, [5])));
  pool.close();
  await pool.join();
  console.log(JSON.stringify(results));
}
`;
const TARGETS = `
export function double(x: number): number {
  return 2 * x;
}
export { triple } from "OTHER";
`;
const OTHER = "export const triple = (x: number): number => 3 * x;\n";

/** What a program has beside its modules. Its name for the module "OTHER" shows whether its children resolve names as the program does. */
const configurations: Readonly<Record<string, { readonly files: Readonly<Record<string, object>>; readonly other: string }>> = {
  "no configuration": { files: {}, other: "./other.ts" },
  "a deno.json of its own": { files: { "deno.json": { imports: { other: "./other.ts" } } }, other: "other" },
  "a package.json of its own": { files: { "package.json": { type: "module", imports: { "#other": "./other.ts" } } }, other: "#other" },
};

/** What Deno has loaded and compiled, for all tests of this file. */
const cache = mkdtempSync(join(tmpdir(), "pp-imports-"));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "pp-imports-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Source {
  readonly specifier: string;
  readonly host: string;
}

const sources: Readonly<Record<string, () => Promise<Source>>> = {
  "by its path": async () => ({ specifier: `${root}/mod.ts`, host: await serve() }),
  "by a URL": async () => {
    const host = await serve();
    return { specifier: `http://${host}/mod.ts`, host };
  },
  "from JSR": async () => ({ specifier: "jsr:@polyproc/polyproc@0.1.0", host: await serve() }),
};

interface Command {
  readonly flags: readonly string[];
  /** A path or a specifier. */
  readonly main: string;
  readonly args?: readonly string[];
}

function deno({ flags, main, args = [] }: Command, host: string, cwd: string): Program {
  const env = {
    DENO_DIR: cache,
    DENO_NO_UPDATE_CHECK: "1",
    JSR_URL: `http://${host}/`,
    NPM_CONFIG_REGISTRY: `http://${host}/`,
  };
  return new Program("deno", main, { flags, args, env, cwd });
}

/** Writes the program, and gives its folder. */
function write(specifier: string, configuration: string): string {
  const path = folder();
  const { files, other } = configurations[configuration] as (typeof configurations)[string];
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), JSON.stringify(content));
  writeFileSync(join(path, "main.ts"), MAIN.replace("PACKAGE", specifier));
  writeFileSync(join(path, "targets.ts"), TARGETS.replace("OTHER", other));
  writeFileSync(join(path, "other.ts"), OTHER);
  return path;
}

describe.each(Object.keys(sources))("deno: a program that imports polyproc %s", (way) => {
  // From JSR and from URLs, Deno puts packages of npm into node_modules only after `deno install`, if there is a package.json.
  const possible = {
    "by its path": Object.keys(configurations),
    "by a URL": ["a deno.json of its own"],
    "from JSR": ["no configuration"],
  }[way] as string[];

  it.each(possible)("with %s: functions are targets", async (configuration) => {
    const { specifier, host } = await (sources[way] as () => Promise<Source>)();
    const path = write(specifier, configuration);
    const program = deno({ flags: ["run", "--quiet", "-A"], main: join(path, "main.ts") }, host, path);
    expect(await program.closed, program.stderr).toBe(0);
    expect(await program.json()).toEqual([8, 3, 15]);
  });
});

it("deno: the types of a program that imports polyproc by its path are checked with its own configuration", async () => {
  const path = write(`${root}/mod.ts`, "a deno.json of its own");
  const program = deno({ flags: ["check"], main: join(path, "main.ts") }, await serve(), path);
  expect(await program.closed, program.stderr).toBe(0);
});

it("deno: the types of what JSR has find the argument of a target that is wrong, and nothing else", async () => {
  const { specifier, host } = await (sources["from JSR"] as () => Promise<Source>)();
  const path = write(specifier, "no configuration");
  writeFileSync(join(path, "main.ts"), MAIN.replace("PACKAGE", specifier).replace("args: [4]", 'args: ["text"]'));
  const program = deno({ flags: ["check"], main: join(path, "main.ts") }, host, path);
  expect(await program.closed).toBe(1);
  expect(program.stderr.match(/ERROR/g), program.stderr).toHaveLength(1);
  expect(program.stderr).toContain("Type 'string' is not assignable to type 'number'");
});

it("deno: the command line comes from JSR", async () => {
  const host = await serve();
  const program = deno({ flags: ["run", "--quiet", "-A"], main: "jsr:@polyproc/polyproc@0.1.0/cli", args: ["doctor"] }, host, folder());
  await program.closed;
  expect(program.stdout, program.stderr).toMatch(/^polyproc +0\.1\.0\nruntime +deno /);
  expect(program.stdout).toMatch(/^a child +answered through a queue/m);
});

it("package.json, deno.json and the import of a Deno program ask for the same versions of the lexer", () => {
  expect(packageJson.dependencies["es-module-lexer"]).toBe(LEXER_VERSIONS);
  expect(denoJson.imports["es-module-lexer"]).toBe(`npm:es-module-lexer@${LEXER_VERSIONS}`);
  expect(denoJson.imports["es-module-lexer/js"]).toBe(`npm:es-module-lexer@${LEXER_VERSIONS}/js`);
});
