import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { Program } from "./suite/program.ts";

const runtimes = ["node", "deno", "bun"];
const fromRoot = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

it("runs with frozen intrinsics", async () => {
  const program = new Program("node", "simple.ts", { flags: ["--frozen-intrinsics"] });
  expect(await program.json()).toEqual({ item: "hello from a child", code: 0 });
  expect(await program.ended).toBe(0);
});

it("values and errors travel where every built-in prototype is frozen", async () => {
  const program = new Program("node", "frozen-values.ts");
  expect(await program.json()).toEqual({
    values: [
      '{"constructor":1,"toString":"t","valueOf":[1]}',
      "TypeError: bad",
      "StateError: early",
      "ENOENT",
      "AbortError: gone",
      "RemoteError: own",
    ],
    refused: "TypeError",
    thrown: ["RangeError: from a child", "E_CHILD", "string"],
  });
  expect(await program.ended).toBe(0);
});

describe.each(runtimes)("%s: odd surroundings", (runtime) => {
  it("starts what the module exports while its top level still runs", async () => {
    const program = new Program(runtime, "top-level.ts");
    expect(await program.json()).toEqual([2, 4, 6]);
    expect(await program.ended).toBe(0);
    expect(program.files()).toEqual([]);
  });

  it("runs JavaScript from a folder with spaces and letters of all kinds", async () => {
    const first = new Program(runtime, "simple.ts");
    const folder = join(first.temp, "a folder (ü, 日本) & #1 100%");
    mkdirSync(folder);
    cpSync(fromRoot("test/programs/top-level-js.mjs"), join(folder, "top-level-js.mjs"));
    const flags = runtime === "deno" ? ["run", "-A", `--config=${fromRoot("deno.json")}`] : undefined;
    const env = { POLYPROC_MOD: pathToFileURL(fromRoot("mod.ts")).href };
    const program = new Program(runtime, join(folder, "top-level-js.mjs"), { env, flags });
    expect(await program.json()).toEqual([12, 0]);
    expect(await program.ended).toBe(0);
  });

  it("a stray environment never turns a program into a child", async () => {
    const env = { POLYPROC_CHILD: "1", POLYPROC_BOOT: "{}", POLYPROC_BACKEND: "portable" };
    const program = new Program(runtime, "simple.ts", { env });
    expect(await program.json()).toEqual({ item: "hello from a child", code: 0 });
    expect(await program.ended).toBe(0);
  });

  it("an unknown backend in the environment is an error", async () => {
    const program = new Program(runtime, "simple.ts", { env: { POLYPROC_BACKEND: "quantum" } });
    expect(await program.ended).not.toBe(0);
    expect(program.stderr).toMatch(/backend must be/);
  });

  it("a child's first module started by hand says so and ends", async () => {
    const nothing = new Program(runtime, fromRoot("src/child/entry.ts"));
    expect(await nothing.ended).toBe(1);
    expect(nothing.stderr).toMatch(/started by polyproc/);
    const garbage = new Program(runtime, fromRoot("src/child/entry.ts"), { stdin: "pipe" });
    garbage.child.stdin?.on("error", () => {});
    garbage.child.stdin?.write("GET / HTTP/1.1\r\nHost: example\r\n\r\n");
    expect(await garbage.ended).toBe(1);
    expect(garbage.stderr).toMatch(/protocol/);
  });

  it("runs with stdin closed", async () => {
    const program = new Program(runtime, "simple.ts", { stdin: "closed" });
    expect(await program.json()).toEqual({ item: "hello from a child", code: 0 });
    expect(await program.ended).toBe(0);
  });
});

describe("deno: permissions", () => {
  const needed = ["--allow-read", "--allow-write", "--allow-net", "--allow-run"];

  it("needs these four and no more", async () => {
    const program = new Program("deno", "simple.ts", { flags: ["run", "--no-prompt", ...needed] });
    expect(await program.json()).toEqual({ item: "hello from a child", code: 0 });
    expect(await program.ended).toBe(0);
  });

  for (const missing of needed) {
    it(`without ${missing} it fails clearly, naming the flag`, async () => {
      const program = new Program("deno", "simple.ts", {
        flags: ["run", "--no-prompt", "--allow-env=TMPDIR", ...needed.filter((flag) => flag !== missing)],
      });
      expect(await program.ended).toBe(1);
      expect(program.stderr).toContain(missing);
      expect(await program.gone(2000)).toBeLessThan(2000);
    });
  }

  it("a child has at most its parent's permissions", async () => {
    const program = new Program("deno", "permissions.ts", { flags: ["run", "--no-prompt", ...needed] });
    const { parent, child } = (await program.json()) as Record<string, Record<string, string>>;
    expect(child).toEqual(parent);
    expect(child).toMatchObject({ env: "prompt", sys: "prompt", ffi: "prompt" });
    // It leaves its folder outside of the test's one: without --allow-env it can't read TMPDIR.
    expect(await program.ended).toBe(0);
  });

  it("a Deno child of another runtime is not given everything", async () => {
    const program = new Program("node", "deno-child.ts");
    const child = await program.json();
    expect(child).toMatchObject({ read: "granted", net: "granted", run: "prompt", ffi: "prompt", env: "prompt", sys: "prompt" });
  });
});

describe("node: permissions", () => {
  const needed = ["--permission", "--allow-fs-read=*", "--allow-fs-write=*", "--allow-child-process", "--allow-worker"];

  it("runs with what it needs", async () => {
    const program = new Program("node", "simple.ts", { flags: [...needed, "--allow-net"] });
    expect(await program.json()).toEqual({ item: "hello from a child", code: 0 });
  });

  it("without --allow-child-process it fails clearly", async () => {
    const program = new Program("node", "simple.ts", {
      flags: [...needed.filter((flag) => flag !== "--allow-child-process"), "--allow-net"],
    });
    expect(await program.ended).toBe(1);
    expect(program.stderr).toContain("--allow-child-process");
  });
});
