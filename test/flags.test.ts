import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import type { Seen } from "./programs/flags.ts";
import { Program, type ProgramOptions } from "./suite/program.ts";

const HOOK = "(globalThis.hooked ??= []).push";

/** Makes a folder with modules to preload, and a package that has a half for each way of import. */
function folder(): string {
  const path = join(new Program("node", "simple.ts").temp, "a folder, with spaces");
  mkdirSync(join(path, "node_modules/pp-hook"), { recursive: true });
  const files = {
    "hook.mjs": `${HOOK}("module");`,
    "hook.cjs": `${HOOK}("script");`,
    "variables.env": "PP_FROM_FILE=yes\n",
    "node_modules/pp-hook/package.json": '{ "exports": { "import": "./import.mjs", "require": "./require.cjs" } }',
    "node_modules/pp-hook/import.mjs": `${HOOK}("package, imported");`,
    "node_modules/pp-hook/require.cjs": `${HOOK}("package, required");`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

async function seenWith(runtime: string, flags: readonly string[], options: ProgramOptions = {}): Promise<[Seen, Seen, Seen]> {
  const program = new Program(runtime, "flags.ts", { flags, cwd: folder(), ...options });
  const all = (await program.json()) as [Seen, Seen, Seen];
  expect(await program.ended).toBe(0);
  return all;
}

describe("node: flags of the parent", () => {
  it("reach children with their values, but not those that say what to run or take a port", async () => {
    const flags = ["-C", "own", "--title", "name", "--inspect-port", "9555", "--test-name-pattern", "x", "--stack-trace-limit=5"];
    for (const { execArgv } of await seenWith("node", flags))
      expect(execArgv).toEqual(["-C", "own", "--title", "name", "--stack-trace-limit=5"]);
  });

  it("name modules and files that a child in another folder finds too", async () => {
    const flags = [
      "--import",
      "./hook.mjs",
      "--import=pp-hook",
      "-r",
      "./hook.cjs",
      "--require=pp-hook",
      "--cpu-prof",
      "--cpu-prof-dir",
      ".",
    ];
    for (const { hooked } of await seenWith("node", flags))
      expect(hooked).toEqual(["script", "package, required", "module", "package, imported"]);
  });

  it("in NODE_OPTIONS do too", async () => {
    const env = { NODE_OPTIONS: '--import ./hook.mjs "--require=pp-hook" --no-warnings' };
    for (const { hooked } of await seenWith("node", [], { env })) expect(hooked).toEqual(["package, required", "module"]);
  });

  it("with variables from a file leave the variables to the environment", async () => {
    const all = await seenWith("node", ["--env-file", "./variables.env"]);
    for (const { variable, execArgv } of all) expect([variable, execArgv]).toEqual(["yes", []]);
  });

  it("of its permissions name folders that a child in another folder means too", async () => {
    const permissions = ["--permission", "--allow-fs-read=/", "--allow-fs-write=/tmp", "--allow-fs-write=.", "--allow-child-process"];
    const all = await seenWith("node", [...permissions, "--allow-worker", "--allow-net"]);
    expect(all[0].execArgv).toContain("--allow-fs-write=.");
    for (const { execArgv } of all.slice(1)) expect(execArgv.some((flag) => /^--allow-fs-write=\/.*with spaces$/.test(flag))).toBe(true);
  });
});

describe("bun: flags of the parent", () => {
  it("reach children with their values, but not those that say what to run", async () => {
    const all = await seenWith("bun", ["--smol", "--define", "PP_DEFINED:1", "--conditions=own", "--no-clear-screen"]);
    for (const { execArgv } of all) expect(execArgv).toEqual(["--smol", "--define", "PP_DEFINED:1", "--conditions=own"]);
  });

  it("name modules that a child in another folder finds too", async () => {
    for (const { hooked } of await seenWith("bun", ["-r./hook.mjs", "--preload", "pp-hook", "--import=./hook.cjs"]))
      expect([...hooked].sort()).toEqual(["module", expect.stringMatching(/^package/), "script"]);
  });

  it("in BUN_OPTIONS do too", async () => {
    const env = { BUN_OPTIONS: "--smol --preload=./hook.mjs" };
    for (const { hooked } of await seenWith("bun", [], { env })) expect(hooked).toEqual(["module"]);
  });
});

describe("deno: flags of the parent", () => {
  const root = new URL("..", import.meta.url).pathname;

  /** A program whose imports only its own import map explains, and that uses a feature that is not stable. */
  function denoFolder(): string {
    const path = folder();
    const imports = {
      "pp-own": "./own.ts",
      polyproc: pathToFileURL(`${root}mod.ts`).href,
      "es-module-lexer": `${root}node_modules/es-module-lexer/dist/lexer.js`,
    };
    const program = `import { own } from "pp-own";
import { Process, isMain } from "polyproc";
export async function work() {
  const kv = await Deno.openKv(":memory:");
  kv.close();
  const hooked = globalThis.hooked?.length ?? 0;
  return [own, hooked, globalThis.location?.href ?? null, typeof globalThis.gc];
}
if (isMain(import.meta)) {
  const seen = [await work()];
  for (const cwd of [undefined, "/"]) {
    const child = new Process({ target: work, cwd });
    await child.start();
    seen.push(await child.result());
    await child.join();
  }
  console.log(JSON.stringify(seen));
}`;
    writeFileSync(join(path, "main.ts"), program);
    writeFileSync(join(path, "own.ts"), 'export const own = "own";');
    writeFileSync(join(path, "map.json"), JSON.stringify({ imports }));
    return path;
  }

  const features = ["--unstable-kv", "--location", "http://pp.invalid/", "--v8-flags=--expose-gc", "--no-lock"];
  const preload = ["--preload", "./hook.mjs"];
  const some = ["--no-prompt", "--allow-read", "--allow-write", "--allow-net"];
  const ways = {
    "an import map, with all permissions": ["run", "-A", "--import-map", "map.json", ...features, ...preload],
    "a configuration file, with all permissions": ["run", "-A", "-c=map.json", ...features, "--import", "./hook.mjs"],
    "an import map, with some permissions": ["run", ...some, "--allow-run", "--import-map=map.json", ...features, ...preload],
    "an import map, with the permission to run Deno only": [
      "run",
      ...some,
      "--allow-run=deno",
      "--import-map=map.json",
      ...features,
      ...preload,
    ],
  };
  for (const [name, flags] of Object.entries(ways))
    it(`reach children: ${name}`, async () => {
      const cwd = denoFolder();
      const program = new Program("deno", join(cwd, "main.ts"), { flags, cwd });
      const own = ["own", 1, "http://pp.invalid/", "function"];
      expect(await program.json()).toEqual([own, own, own]);
      expect(await program.ended).toBe(0);
    });

  it("give way to the flags of the child", async () => {
    const program = new Program("deno", "deno-flags.ts", { flags: ["run", "--no-prompt", "-A", `--config=${root}deno.json`] });
    expect(await program.json()).toEqual(["granted", "granted"]);
  });
});
