import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTarget } from "../../src/target/load.ts";
import { locateTarget } from "../../src/target/locate.ts";
import { checkTarget, type TargetRef } from "../../src/target/target.ts";
import { commandLine } from "../suite/runtimes.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const programs = join(root, "test/programs");

interface Report {
  readonly url: string;
  readonly own: Record<string, TargetRef>;
  readonly others: Record<string, TargetRef>;
  readonly wrong: Record<string, string | TargetRef>;
  readonly loaded: { types: number; elided: number };
  readonly ms: number;
}

async function run(runtime: string, file: string, args: readonly string[] = [], flags?: readonly string[]): Promise<string> {
  const [program, all] = commandLine(runtime, file, args);
  const given = flags === undefined ? all : ["run", ...flags, file, ...args];
  const { stdout } = await promisify(execFile)(program, given, { timeout: 20_000 });
  return stdout.trim();
}

const runJson = async <T>(...args: Parameters<typeof run>): Promise<T> => JSON.parse(await run(...args)) as T;
const loadIn = (runtime: string, ref: TargetRef): Promise<{ loaded?: string; error?: string }> =>
  runJson(runtime, join(programs, "target-load.ts"), [JSON.stringify(ref)]);
const brief = (refs: Record<string, TargetRef>): Record<string, string> =>
  Object.fromEntries(Object.entries(refs).map(([key, { module, name }]) => [key, `${module} ${name}`]));
const inMain = (ref: string | TargetRef | undefined): TargetRef => ({
  ...(ref as TargetRef),
  module: pathToFileURL(join(programs, "target-main.ts")).href,
});

const OWN = {
  work: "target-main.ts work",
  arrow: "target-main.ts arrow",
  numbers: "target-main.ts numbers",
  Local: "target-main.ts Local",
  renamed: "target-main.ts job",
  main: "target-main.ts default",
};
const OTHERS = {
  alias: "target-lib.ts imported",
  namespace: "target-lib.ts imported",
  Imported: "target-lib.ts Imported",
  deep: "target-deep.ts deep",
  given: "target-default.ts default",
  starred: "target-star.ts starred",
  otherWork: "target-same-name.ts work",
};

describe.each(["node", "deno", "bun", "node22", "node24"])("targets on %s", (runtime) => {
  for (const phase of ["inside", "outside"]) {
    it(`finds exported and imported functions ${phase} top-level await, and loads nothing more`, async () => {
      const report = await runJson<Report>(runtime, join(programs, "target-main.ts"), [phase]);
      expect(brief(report.own)).toEqual(OWN);
      expect(brief(report.others)).toEqual(OTHERS);
      expect(report.loaded).toEqual({ types: 0, elided: 0 });
      for (const name of ["onlyHere", "lambda"])
        expect(report.wrong[name]).toMatch(/^StateError: Cannot find an export for .*Export it from file:.*target-main\.ts/);
      for (const name of ["bound", "native"]) expect(report.wrong[name]).toMatch(/^StateError: .*bound or built-in/);
      for (const ref of Object.values(report.others)) expect(ref.check).toBeUndefined();
    });
  }

  it("confirms in the child what the parent could not compare, and refuses a closure with an export's name", async () => {
    const { own, wrong } = await runJson<Report>(runtime, join(programs, "target-main.ts"), ["inside"]);
    for (const [key, ref] of Object.entries(own)) expect(await loadIn(runtime, inMain(ref)), key).toEqual({ loaded: key });
    if (typeof wrong.namesake === "string") expect(wrong.namesake).toMatch(/^StateError: Cannot find/);
    else expect((await loadIn(runtime, inMain(wrong.namesake))).error).toMatch(/^StateError: .*closure of that name/);
  });

  it("finds targets of JavaScript programs", async () => {
    for (const file of ["target-plain.js", "target-plain.mjs"]) {
      expect(await runJson(runtime, join(programs, file))).toEqual([`${file} work`, `${file} default`, "target-lib.ts imported"]);
    }
  });

  it("finds the function of a caller that made a tail call", async () => {
    expect(await runJson(runtime, join(programs, "target-tail.ts"))).toEqual(["target-tail-caller.ts", "task"]);
  });

  it("finds a function across a cycle of modules", async () => {
    expect(await runJson(runtime, join(programs, "target-cycle-a.ts"))).toEqual(["target-cycle-a.ts", "fromA", expect.any(Boolean)]);
  });

  it("does not wait for a module that never ends its evaluation", async () => {
    const [name, error, ms] = await runJson<[string, string, number]>(runtime, join(programs, "target-stuck.ts"));
    expect([name, error]).toEqual(["task", "StateError"]);
    expect(ms).toBeLessThan(1_000);
  });

  it("evaluates none of many modules that the program has not loaded", async () => {
    const folder = await mkdtemp(join(tmpdir(), "polyproc-target-"));
    try {
      const names = Array.from({ length: 200 }, (_, i) => `./later${i}.ts`);
      for (const name of names)
        await writeFile(join(folder, name), "globalThis.evaluated = (globalThis.evaluated ?? 0) + 1;\nexport {};\n");
      const locate = JSON.stringify(new URL("../../src/target/locate.ts", import.meta.url).href);
      const text = [
        `import { locateTarget } from ${locate};`,
        `const later = [${names.map((name) => `() => import("${name}")`).join(", ")}];`,
        "const found = await locateTarget(() => {}, [import.meta.url]).catch(({ name }) => name);",
        "await new Promise((resolve) => setTimeout(resolve, 200));",
        "console.log(JSON.stringify([later.length, found, globalThis.evaluated ?? 0]));",
      ];
      await writeFile(join(folder, "main.ts"), text.join("\n"));
      expect(await runJson(runtime, join(folder, "main.ts"))).toEqual([200, "StateError", 0]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("does not run the main module again in a thread", async () => {
    expect((await run(runtime, join(programs, "target-thread.ts"))).split("\n")).toEqual(["main", "inThread StateError"]);
  });
});

it("does not run a file that is an argument of a program on the command line", async () => {
  const [program] = commandLine("node", "");
  const url = JSON.stringify(new URL("../../src/target/locate.ts", import.meta.url).href);
  const text = `import { locateTarget } from ${url}; console.log(await locateTarget(() => {}, []).catch(({ name }) => name));`;
  const { stdout } = await promisify(execFile)(program, ["--input-type=module", "-e", text, join(programs, "target-thread.ts")]);
  expect(stdout.trim()).toBe("StateError");
});

describe("targets across runtimes", () => {
  it("checks by name, length and kind where the source text may differ", async () => {
    const { own } = await runJson<Report>("node", join(programs, "target-main.ts"), ["inside"]);
    for (const [key, ref] of Object.entries(own)) expect(await loadIn("bun", inMain(ref)), key).toEqual({ loaded: key });
    const check = { ...(own.work?.check as NonNullable<TargetRef["check"]>), length: 3 };
    expect((await loadIn("deno", { ...inMain(own.work), check })).error).toMatch(/^StateError: .*closure of that name/);
  });
});

describe("targets in unusual places", () => {
  let folder: string;
  let copied: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "polyproc-target-"));
    const place = join(folder, "späce (x) #1 100%41");
    copied = join(place, "test/programs");
    await mkdir(copied, { recursive: true });
    await cp(programs, copied, { recursive: true });
    await symlink(join(root, "src"), join(place, "src"));
    const packages = join(place, "node_modules");
    await cp(join(root, "node_modules/es-module-lexer"), join(packages, "es-module-lexer"), { recursive: true });
    const dependencies = { dual: "1.0.0", only: "1.0.0", "es-module-lexer": "3" };
    await writeFile(
      join(place, "package.json"),
      JSON.stringify({ type: "module", dependencies, imports: { "#mapped": "./test/programs/target-mapped.js" } }),
    );
    const files = {
      "dual/package.json": JSON.stringify({ name: "dual", version: "1.0.0", exports: { import: "./dual.mjs", require: "./dual.cjs" } }),
      "dual/dual.mjs": "export function dual() {}",
      "dual/dual.cjs": "globalThis.commonJsLoaded = true; exports.dual = function dual() {};",
      "only/package.json": JSON.stringify({ name: "only", version: "1.0.0", type: "module", exports: { import: "./only.js" } }),
      "only/only.js": "export function only() {}",
      "../test/programs/target-mapped.js": "export function mapped() {}",
      "../test/programs/target-packages-used.js":
        'import * as a from "dual"; import * as b from "only"; import * as c from "#mapped"; export const jobs = [a.dual, b.only, c.mapped];',
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(packages, path, ".."), { recursive: true });
      await writeFile(join(packages, path), text);
    }
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const flags = (runtime: string): string[] | undefined => (runtime === "deno" ? ["-A", "--node-modules-dir=manual"] : undefined);

  it.each(["node", "deno", "bun"])(
    "finds targets in a folder with spaces, brackets, letters, # and percent signs on %s",
    async (runtime) => {
      for (const phase of ["inside", "outside"]) {
        const report = await runJson<Report>(runtime, join(copied, "target-main.ts"), [phase], flags(runtime));
        expect(brief(report.own)).toEqual(OWN);
        expect(brief(report.others)).toEqual(OTHERS);
        // No tsconfig.json here makes Deno keep imports that are used as types only.
        expect(report.loaded).toEqual({ types: 0, elided: 0 });
      }
      expect(await runJson(runtime, join(copied, "target-tail.ts"), [], flags(runtime))).toEqual(["target-tail-caller.ts", "task"]);
    },
  );

  it.each(["node", "deno", "bun"])("finds what packages export without loading their CommonJS half on %s", async (runtime) => {
    const report = await runJson(runtime, join(copied, "target-packages.ts"), [], flags(runtime));
    expect(report).toEqual({ found: ["dual.mjs dual", "only.js only", "target-mapped.js mapped"], commonjs: false });
  });
});

describe("targets in modules that are not what a stack says", () => {
  let folder: string;

  const locate = JSON.stringify(new URL("../../src/target/locate.ts", import.meta.url).href);
  const callers = JSON.stringify(new URL("../../src/target/callers.ts", import.meta.url).href);
  const imports = `import { locateTarget } from ${locate}; import { callerModules } from ${callers};`;
  const brief = "({ module, name }) => [module.slice(module.lastIndexOf('/') + 1), name]";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "polyproc-target-"));
    await mkdir(join(folder, "built"));
    // Each line of the built program belongs to the first line of the source.
    const built = `${imports}
export function work() {}
console.log(JSON.stringify(await locateTarget(work, callerModules()).then(${brief}, String)));
`;
    const map = { version: 3, sources: ["../source/main.ts"], names: [], mappings: "AAAA;AAAA;AAAA;AAAA" };
    const comment = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}\n`;
    const files = {
      "package.json": JSON.stringify({ type: "module" }),
      "source/main.ts": 'console.log("the source was evaluated"); export function work(): void {}',
      "built/main.js": built + comment,
      "query.js": `${imports}
globalThis.evaluations = (globalThis.evaluations ?? 0) + 1;
export function inQuery() {}
export const locateIt = async () => locateTarget(inQuery, callerModules()).then(${brief}, String);
`,
      "main-query.js": `import * as first from "./query.js?first=%41";
const second = await import("./query.js?second");
console.log(JSON.stringify([await first.locateIt(), await second.locateIt(), globalThis.evaluations]));
`,
      "no-hooks.js": `import module from "node:module";
${imports}
module.registerHooks = () => { throw new Error("refused"); };
export function work() {}
const found = await locateTarget(work, callerModules());
console.log(JSON.stringify([found.module.slice(found.module.lastIndexOf("/") + 1), found.name, found.check?.fnName]));
`,
      "same-name.ts": "globalThis.evaluations = 1; export interface Job {} export function job(): void {}",
      "main-type.ts": `${imports}
import { Job } from "./same-name.ts";
const job = (given?: Job) => given;
console.log(JSON.stringify([await locateTarget(job, callerModules()).then(${brief}, ({ name }) => name), globalThis.evaluations ?? 0]));
`,
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(folder, path, ".."), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(["node", "deno", "bun"])("a built program with a source map: the source is not evaluated, on %s", async (runtime) => {
    expect(await runJson(runtime, join(folder, "built/main.js"))).toEqual(["main.js", "work"]);
  });

  it.each(["node", "deno", "bun"])(
    "modules with queries: each is evaluated once, and none is taken for another one, on %s",
    async (runtime) => {
      const [first, second, evaluations] = await runJson<[unknown, unknown, number]>(runtime, join(folder, "main-query.js"));
      expect(first).toEqual(["query.js?first=%41", "inQuery"]);
      expect(second).toEqual(["query.js?second", "inQuery"]);
      expect(evaluations).toBe(2);
    },
  );

  it.each(["node", "deno"])("where a test runner refuses hooks, the name decides and the child checks it, on %s", async (runtime) => {
    expect(await runJson(runtime, join(folder, "no-hooks.js"))).toEqual(["no-hooks.js", "work", "work"]);
  });

  // Node does not drop imports that are used as types only, so such a program does not run there.
  it.each(["deno", "bun"])("a module that is imported for a type only is not evaluated, on %s", async (runtime) => {
    const [found, evaluations] = await runJson<[unknown, number]>(runtime, join(folder, "main-type.ts"));
    expect(evaluations).toBe(0);
    // Bun can't tell the module from one that is still being evaluated, so there only the child refuses it.
    expect(found).toEqual(runtime === "bun" ? ["same-name.ts", "job"] : "StateError");
  });
});

describe("targets without a program", () => {
  it("takes URLs and { module, name } as they are", async () => {
    expect(await locateTarget(new URL("file:///a/b.ts"), [])).toEqual({ module: "file:///a/b.ts", name: "default" });
    expect(await locateTarget({ module: "/a/b c#.ts", name: "f" }, [])).toEqual({ module: "file:///a/b%20c%23.ts", name: "f" });
    expect(await locateTarget({ module: new URL("file:///a.ts") }, [])).toEqual({ module: "file:///a.ts", name: "default" });
  });

  it.each([
    undefined,
    null,
    1,
    "work",
    "./work.ts",
    {},
    [],
    { module: "./work.ts" },
    { module: "bare" },
    { module: 1 },
    { module: "/a.ts", name: 1 },
  ])("refuses %j", (target) => {
    expect(() => checkTarget(target)).toThrow(TypeError);
  });

  it("says how to name a relative module", () => {
    expect(() => checkTarget({ module: "./work.ts" })).toThrow('new URL("./work.ts", import.meta.url)');
  });

  it("refuses what is no exported function when it loads", async () => {
    const module = pathToFileURL(join(programs, "target-lib.ts")).href;
    await expect(loadTarget({ module, name: "nothing" })).rejects.toThrow("has no export");
    await expect(loadTarget({ module, name: "toString" })).rejects.toThrow("has no export");
    await expect(loadTarget({ module, name: "holder" })).rejects.toThrow("must be a function");
  });

  it("names the flag to add where sources can't be read", async () => {
    const missing = ["--allow-env", "--allow-sys"];
    const output = await run("deno", join(programs, "target-unreadable.ts"), [], missing);
    expect(output).toMatch(/StateError: Cannot find .*--allow-read/);
  });
});
