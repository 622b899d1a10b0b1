// The polyproc command, from the built package.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Program } from "../suite/program.ts";

const built = fileURLToPath(new URL("../../dist/src/cli/polyproc.js", import.meta.url));

describe.each(["node22", "node24", "node", "deno", "bun"])("%s: the built polyproc", (runtime) => {
  it("has a doctor", async () => {
    expect(readFileSync(built, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    const program = new Program(runtime, built, { args: ["doctor"], env: { POLYPROC_BACKEND: "auto" } });
    expect(await program.closed, program.stdout).toBe(0);
    expect(program.stdout).toMatch(/^a child +answered through a queue/m);
    expect(program.files()).toEqual([]);
  });
});
