import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { capabilities, Process } from "../../../mod.ts";
import { type Cases, Skip, slow } from "../../suite/case.ts";
import { run } from "../../suite/help.ts";

export function nothing(): void {}

export function spin(): void {
  for (;;);
}

const KEEPS = capabilities().runtime !== "deno";

/** Gives `work` a cache folder of its own, and what sets it for a child. */
async function withCache(work: (folder: string, env: Readonly<Record<string, string | undefined>>) => Promise<void>): Promise<void> {
  if (!KEEPS) throw new Skip("Deno keeps compiled code by itself");
  const caches = mkdtempSync(join(tmpdir(), "caches-"));
  try {
    await work(join(caches, "polyproc"), {
      XDG_CACHE_HOME: caches,
      NODE_COMPILE_CACHE: undefined,
      NODE_DISABLE_COMPILE_CACHE: undefined,
      NODE_V8_COVERAGE: undefined,
    });
  } finally {
    rmSync(caches, { recursive: true });
  }
}

/** The files that an engine has in the folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(folder, name)).isFile());
}

function engineFolder(folder: string): string {
  const [name = ""] = readdirSync(folder);
  return join(folder, name);
}

export const cases: Cases = {
  "compiled code: a child keeps it for the next one, where only its user can write": slow(() =>
    withCache(async (folder, env) => {
      await run({ target: nothing, env });
      const kept = filesIn(folder);
      assert.ok(kept.length > 2, `it keeps this package and the target: ${kept}`);
      if (process.platform !== "win32") assert.equal(statSync(folder).mode & 0o777, 0o700);
      await run({ target: nothing, env });
      assert.deepEqual(filesIn(folder), kept);
    }),
  ),
  "compiled code: a folder in which others can write is not used, and neither is a file or a relative path": slow(() =>
    withCache(async (folder, env) => {
      if (process.platform === "win32") throw new Skip("Windows has no such modes");
      mkdirSync(folder);
      chmodSync(folder, 0o777);
      await run({ target: nothing, env });
      assert.deepEqual(readdirSync(folder), []);
      rmSync(folder, { recursive: true });
      writeFileSync(folder, "");
      await run({ target: nothing, env });
      await run({ target: nothing, env: { ...env, HOME: folder, XDG_CACHE_HOME: undefined } });
      const cwd = dirname(folder);
      await run({ target: nothing, cwd, env: { ...env, XDG_CACHE_HOME: "relative" } });
      assert.ok(!existsSync(join(cwd, "relative", "polyproc")));
    }),
  ),
  "compiled code: none is kept if the program says so": slow(() =>
    withCache(async (folder, env) => {
      await run({ target: nothing, env: { ...env, NODE_DISABLE_COMPILE_CACHE: "1" } });
      assert.throws(() => readdirSync(folder), { code: "ENOENT" });
    }),
  ),
  "compiled code: a folder that has become large is emptied": slow(() =>
    withCache(async (folder, env) => {
      await run({ target: nothing, env });
      for (let i = 0; i < 2100; i++) writeFileSync(join(engineFolder(folder), `old-${i}`), "");
      await run({ target: nothing, env });
      assert.ok(filesIn(folder).length < 100);
      await run({ target: nothing, env });
    }),
  ),
  "compiled code: what is damaged is not used": slow(() =>
    withCache(async (folder, env) => {
      await run({ target: nothing, env });
      for (const name of filesIn(folder)) writeFileSync(join(folder, name), "damaged");
      await run({ target: nothing, env });
      // Children that are killed while they start leave the next ones whole.
      for (let i = 0; i < 5; i++) {
        const victim = new Process({ target: spin, env });
        await victim.start();
        await new Promise((resolve) => setTimeout(resolve, 30 * i));
        victim.kill();
        await victim.join();
        victim.close();
      }
      await run({ target: nothing, env });
    }),
  ),
};
