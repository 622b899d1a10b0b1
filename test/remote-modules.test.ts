// Deno programs whose modules are loaded from URLs, for instance from JSR, and not from files.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { denoRuntime } from "../src/runtime/deno/deno.ts";
import type { DenoHost } from "../src/runtime/deno/host.ts";
import { hasLibrary } from "./suite/library.ts";
import { builtLibrary } from "./suite/package.ts";
import { Program } from "./suite/program.ts";
import { PROGRAM, serve } from "./suite/registry.ts";

const root = realpathSync(fileURLToPath(new URL("../", import.meta.url)));
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-net", "--allow-run"];
const NAME = "polyproc";

type WhenDone = (end: () => void) => void;

function folder(whenDone: WhenDone = onTestFinished): string {
  const path = mkdtempSync(join(tmpdir(), "pp-remote-"));
  whenDone(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Where Deno takes packages of npm from. */
function registry(host: string): { NPM_CONFIG_REGISTRY: string } {
  return { NPM_CONFIG_REGISTRY: `http://${host}/` };
}

/** Writes the program as a file into a folder whose deno.json resolves the package's name, and gives its path. */
function localProgram(specifier: string, whenDone: WhenDone): string {
  const path = folder(whenDone);
  writeFileSync(join(path, "deno.json"), JSON.stringify({ imports: { [NAME]: specifier } }));
  writeFileSync(join(path, "remote.ts"), readFileSync(join(root, PROGRAM), "utf8").replace('"../../mod.ts"', JSON.stringify(NAME)));
  return join(path, "remote.ts");
}

interface Run {
  /** A path or a URL. */
  readonly program: string;
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function run({ program, flags, env }: Run, mode: string): Program {
  const all = ["run", "--quiet", "--no-prompt", "--no-lock", ...PERMISSIONS, ...flags];
  return new Program("deno", PROGRAM, {
    // Program appends its file to the command line. Deno takes it as the program's first argument here.
    flags: [...all, program],
    args: [mode],
    env: { DENO_DIR: folder(), DENO_NO_UPDATE_CHECK: "1", ...env },
    cwd: folder(),
  });
}

const asItIs = (text: string): string => text;
const importing =
  (host: string) =>
  (text: string): string =>
    text.replace('"../../mod.ts"', JSON.stringify(`http://${host}/mod.ts`));

const ways: Readonly<Record<string, (whenDone: WhenDone) => Promise<Run>>> = {
  "a file, the package from a URL": async (whenDone) => {
    const host = await serve(asItIs, whenDone);
    return { program: localProgram(`http://${host}/mod.ts`, whenDone), flags: [`--allow-import=${host}`], env: registry(host) };
  },
  "a file, the package from JSR": async (whenDone) => {
    const host = await serve(asItIs, whenDone);
    return {
      program: localProgram("jsr:@polyproc/polyproc@0.1.0", whenDone),
      flags: [],
      env: { JSR_URL: `http://${host}/`, ...registry(host) },
    };
  },
  "from a URL as the package is": async (whenDone) => ({ program: `http://${await serve(asItIs, whenDone)}/${PROGRAM}`, flags: [] }),
  "from a URL of another host than the package's": async (whenDone) => {
    const host = await serve(asItIs, whenDone);
    const own = await serve(importing(host), whenDone);
    return { program: `http://${own}/${PROGRAM}`, flags: [`--allow-import=${host},${own}`] };
  },
  "from a URL of another host, with every import allowed": async (whenDone) => {
    const host = await serve(asItIs, whenDone);
    const own = await serve(importing(host), whenDone);
    return { program: `http://${own}/${PROGRAM}`, flags: ["--allow-import"] };
  },
};

describe.each(Object.keys(ways))("deno: a program that is %s", (way) => {
  // Deno loads and compiles all modules in the first of these tests. The others find them in its cache.
  const endings: (() => void)[] = [];
  let made: Run;
  beforeAll(async () => {
    const whenDone: WhenDone = (end) => void endings.push(end);
    const found = await (ways[way] as (whenDone: WhenDone) => Promise<Run>)(whenDone);
    made = { ...found, env: { ...found.env, DENO_DIR: folder(whenDone) } };
  });
  afterAll(() => {
    for (const end of endings) end();
  });

  it.each(["spawn", "forkserver"])("start method %s: children work, die and end as those of files", async (method) => {
    const program = run(made, method);
    expect(await program.closed, program.stderr).toBe(0);
    expect(await program.json()).toEqual({
      heard: ["got what was sent", "through the pipe"],
      module: true,
      died: "SIGKILL",
      free: true,
      reason: expect.stringMatching(/loaded from a URL.*POLYPROC_NATIVE/),
    });
    expect(program.files()).toEqual([]);
    expect(program.left()).toEqual([]);
  });

  it.each(["spawn", "forkserver"])("start method %s: the parent's end ends its children", async (method) => {
    const program = run(made, `${method} waits`);
    await program.json();
    process.kill(program.child.pid as number, "SIGKILL");
    expect(await program.gone(10_000)).toBeLessThan(10_000);
  });
});

it("deno: a function of a module from a URL is found while that module waits, so that its exports can't be compared", async () => {
  const host = await serve((text) => text.replace("isMain(import.meta)", "parentProcess() === null").replace("isMain,", "parentProcess,"));
  const main = join(folder(), "main.ts");
  writeFileSync(main, `await import("http://${host}/${PROGRAM}");\n`);
  const program = run({ program: main, flags: [`--allow-import=${host}`] }, "spawn");
  expect(await program.closed, program.stderr).toBe(0);
  expect(await program.json()).toMatchObject({ heard: ["got what was sent", "through the pipe"], module: true, died: "SIGKILL" });
});

it.skipIf(!hasLibrary())("deno: a package from a URL takes the native library that is named", async () => {
  const env = { POLYPROC_BACKEND: "auto", POLYPROC_NATIVE: builtLibrary };
  const flags = ["--allow-env", "--allow-ffi", "--allow-sys"];
  const program = run({ program: `http://${await serve()}/${PROGRAM}`, flags, env }, "spawn");
  expect(await program.closed, program.stderr).toBe(0);
  expect(await program.json()).toMatchObject({ died: "SIGKILL", reason: "the native library that was named loads" });
});

describe("deno: where a child may import from", () => {
  const usual = ["deno.land:443", "jsr.io:443", "esm.sh:443", "raw.esm.sh:443", "cdn.jsdelivr.net:443"];
  usual.push("raw.githubusercontent.com:443", "gist.githubusercontent.com:443");
  const flags = (mainModule: string, entry: string, hosts: readonly string[]): string[] => {
    const querySync = ({ name, host }: { name: string; host?: string }): { state: string } => ({
      state: name === "import" && host !== undefined && hosts.includes(host) ? "granted" : "prompt",
    });
    const deno = { mainModule, build: {}, permissions: { querySync }, execPath: () => "deno" } as unknown as DenoHost;
    const args = denoRuntime({ ...deno, version: { deno: "" } }).entryArguments({ entry: new URL(entry), execArgv: [], writable: [] });
    return args.filter((flag) => flag.startsWith("--allow"));
  };

  it.each([
    { name: "all usual", main: "file:///a.ts", entry: "file:///p.ts", hosts: usual, given: [] },
    { name: "all usual, the package from JSR", main: "file:///a.ts", entry: "https://jsr.io/p.ts", hosts: usual, given: [] },
    { name: "the package's host", main: "https://a.test/a.ts", entry: "https://a.test/p.ts", hosts: [...usual, "a.test:443"], given: [] },
    { name: "a list without the package", main: "file:///a.ts", entry: "file:///p.ts", hosts: ["b.test:443"], given: [] },
    {
      name: "the program's host",
      main: "http://a.test/a.ts",
      entry: "https://jsr.io/p.ts",
      hosts: [...usual, "a.test:80"],
      given: [`--allow-import=${usual},a.test:80`],
    },
    {
      name: "a list in place of the usual",
      main: "file:///a.ts",
      entry: "https://jsr.io/p.ts",
      hosts: ["jsr.io:443", "b.test:443"],
      given: ["--allow-import=jsr.io:443"],
    },
  ])("$name", ({ main, entry, hosts, given }) => {
    expect(flags(main, entry, hosts)).toEqual(given);
  });
});
