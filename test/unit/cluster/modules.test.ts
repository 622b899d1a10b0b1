import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";
import { AllowedModules, refForHosts } from "../../../src/cluster/modules.ts";
import { programOf } from "../../../src/cluster/program.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "pp-modules-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));
mkdirSync(join(root, "tasks/deep"), { recursive: true });
for (const name of ["tasks/a.ts", "tasks/deep/b ä.js", "secret.ts", "package.json"]) writeFileSync(join(root, name), "");
symlinkSync(join(root, "secret.ts"), join(root, "tasks/link.ts"));
symlinkSync("/etc/hostname", join(root, "tasks/out.ts"));

const named = (path: string): { module: string; name: string } => ({ module: `program:${path}`, name: "f" });

it("a target crosses by the path of its module in the folder of the program", () => {
  const module = pathToFileURL(join(root, "tasks/deep/b ä.js")).href;
  const ref = refForHosts({ module, name: "f" }, root);
  expect(ref).toEqual(named("tasks/deep/b ä.js"));
  expect(new AllowedModules(root, ["tasks/**"]).find(ref)).toEqual({ module, name: "f" });
  for (const other of [`file:///etc/hosts`, "node:fs", "data:text/javascript,", "https://example.com/x.js", pathToFileURL(root).href])
    expect(() => refForHosts({ module: other, name: "f" }, root)).toThrow(/folder of the program/);
});

it("an agent finds what matches one of its patterns, and nothing else", () => {
  const allowed = (...patterns: string[]): ((path: string) => boolean) => {
    const modules = new AllowedModules(root, patterns);
    return (path) => {
      try {
        return modules.find(named(path)).module.endsWith(".ts");
      } catch (error) {
        expect((error as Error).message).toMatch(/^The agent /);
        return false;
      }
    };
  };
  expect(["tasks/a.ts", "secret.ts"].map(allowed("tasks/**"))).toEqual([true, false]);
  expect(["tasks/a.ts", "secret.ts"].map(allowed("./tasks/?.ts", "s*.ts"))).toEqual([true, true]);
  expect(["tasks/a.ts", "secret.ts"].map(allowed("*.ts"))).toEqual([false, true]);
  expect(["tasks/a.ts", "secret.ts"].map(allowed("**/*.ts"))).toEqual([true, true]);
  expect(["tasks/a.ts"].map(allowed("tasks/a.t", "asks/a.ts", "tasks/aXts"))).toEqual([false]);
  const bad = ["../x.ts", "tasks/../secret.ts", "/etc/hostname", "tasks/link.ts", "tasks/out.ts", "tasks/none.ts", "tasks", "", "."];
  expect(bad.map(allowed("tasks/**"))).toEqual(bad.map(() => false));
});

it("what is no target of a cluster is refused", () => {
  const modules = new AllowedModules(root, ["**"]);
  for (const value of [
    undefined,
    null,
    {},
    { module: "polyproc:worker", name: "work" },
    { module: "file:///etc/x.js", name: "f" },
    { module: 1 },
  ])
    expect(() => modules.find(value)).toThrow(/does not run this target/);
});

it("a program's folder and version are those of the nearest manifest", () => {
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "shop", version: "1.2.3" }));
  expect(programOf(root, undefined)).toEqual({ root, version: "shop@1.2.3" });
  expect(programOf(root, "7")).toEqual({ root, version: "7" });
  writeFileSync(join(root, "package.json"), "no JSON");
  expect(programOf(root, undefined)).toEqual({ root, version: "unnamed" });
});
