// The package loaded more than once in one process: by test runners that give each file a realm of its own, and by two copies of it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { tested } from "./suite/code.ts";
import { hasLibrary } from "./suite/library.ts";
import { builtLibrary, Package } from "./suite/package.ts";
import { Program } from "./suite/program.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const backends = hasLibrary() ? ["native", "portable"] : ["portable"];

describe.each(backends)("%s: a test runner with a realm for each file", (backend) => {
  it.each(["vmThreads", "vmForks"])("loads the package in each of them (%s)", (pool) => {
    const mod = JSON.stringify(fileURLToPath(tested.module("mod")));
    const tests = mkdtempSync(join(tmpdir(), "pp-realms-"));
    onTestFinished(() => rmSync(tests, { recursive: true, force: true }));
    symlinkSync(join(root, "node_modules"), join(tests, "node_modules"));
    for (const name of ["one", "two", "three"])
      writeFileSync(
        join(tests, `${name}.test.ts`),
        `import { expect, test } from "vitest";
        import { Process, Queue } from ${mod};
        import { putTwice } from "./targets.ts";
        test("a queue works, and a function in another process", async () => {
          const q = new Queue<number>();
          const p = new Process({ target: putTwice, args: [q, 4] });
          await p.start();
          await p.join();
          expect(await q.get({ timeout: 1000 })).toBe(8);
          q.close();
        });`,
      );
    writeFileSync(
      join(tests, "targets.ts"),
      `import type { Queue } from ${mod};
      export const putTwice = (q: Queue<number>, n: number): Promise<void> => q.put(2 * n);`,
    );
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const args = [vitest, "run", "--root", tests, "--pool", pool, "--maxWorkers", "1"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      env: { ...process.env, POLYPROC_BACKEND: backend, VITEST: "", NO_COLOR: "1" },
      encoding: "utf8",
      timeout: 50_000,
    });
    expect(`${stdout}${stderr}`).toMatch(/Tests +3 passed \(3\)/);
    expect(status).toBe(0);
  });
});

const surroundings: [string, Record<string, string>][] = [["portable", { POLYPROC_BACKEND: "portable" }]];
if (hasLibrary()) {
  surroundings.push(["native", { POLYPROC_BACKEND: "native" }]);
  surroundings.push(["native, with one library", { POLYPROC_BACKEND: "native", POLYPROC_NATIVE: builtLibrary }]);
}

describe.each(["node", "deno", "bun"])("%s: two copies of the package in one program", (runtime) => {
  it.each(surroundings)("work side by side, and say so where one gets an object of the other (%s)", async (_, env) => {
    const args = [pathToFileURL(new Package().module("mod")).href];
    const program = new Program(runtime, "two-copies.ts", { args, env });
    expect(await program.closed, program.stderr).toBe(0);
    const [first, second, refusal] = program.stdout.split("\n");
    expect([first, second]).toEqual(["1 Queue", "1 Queue"]);
    expect(refusal).toMatch(
      /^SerializationError: args\[0\] can't travel: it is a Queue of another copy of polyproc: import polyproc from one/,
    );
  });
});
