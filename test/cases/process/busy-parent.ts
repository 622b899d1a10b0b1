// A parent that computes right after it has started a child.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Process } from "../../../mod.ts";
import { type Cases, Skip } from "../../suite/case.ts";

const LIMIT = 20_000;
const NAME = "POLYPROC_TEST_IMPORTED";

// A child leaves this mark when it imports its target.
const { [NAME]: mark } = process.env;
if (mark !== undefined) writeFileSync(mark, "");

export function nothing(): void {}

export const cases: Cases = {
  "the child has its job and imports its target although the parent's event loop does not run": async () => {
    if ("Deno" in globalThis) throw new Skip("Deno writes to a child's stdin only while the event loop runs");
    const folder = mkdtempSync(join(tmpdir(), "pp-busy-"));
    try {
      const imported = join(folder, "imported");
      const child = new Process({ target: nothing, env: { [NAME]: imported } });
      await child.start();
      for (const end = performance.now() + LIMIT; !existsSync(imported); ) assert.ok(performance.now() < end);
      assert.equal(await child.join(), 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
