// What is left of memory with a name when its last process ends without closing it.
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hasLibrary } from "./suite/library.ts";
import { Program } from "./suite/program.ts";

const ENDS = ["end", "exit", "throw"];

describe.skipIf(!hasLibrary()).each(["node", "deno", "bun"])("%s: memory with a name", (runtime) => {
  it.each(runtime === "deno" ? [...ENDS, "Deno.exit"] : ENDS)("is gone after the process ended by: %s", async (how) => {
    const name = `end-${process.pid}-${runtime}-${how}`;
    const program = new Program(runtime, "named-memory.ts", { args: [name, how], env: { POLYPROC_BACKEND: "native" } });
    const code = await program.closed;
    expect(code, program.stderr).toBe({ end: 0, throw: 1 }[how] ?? 3);
    // Deno calls no listeners of the program for the other ends.
    if (how === "end" || how === "exit") expect(await program.json()).toEqual({ byte: 7, length: 16 });
    expect(existsSync(`/dev/shm/polyproc-${name}`)).toBe(false);
  });
});
