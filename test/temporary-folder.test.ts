import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasLibrary } from "./suite/library.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";

const backends = hasLibrary() ? ["portable", "native"] : ["portable"];
const worlds = RUNTIMES.flatMap((runtime) => backends.map((backend) => [runtime, backend] as const));
const hello = { item: "hello from a child", code: 0 };

describe.each(worlds)("%s, %s: the temporary folder", (runtime, backend) => {
  const env = { POLYPROC_BACKEND: backend };

  it("may have a path that is too long for sockets, or not be there", async () => {
    const long = join(new Program(runtime, "simple.ts").temp, "long".repeat(30));
    mkdirSync(long);
    for (const TMPDIR of [long, "/nowhere/at/all", "/proc"]) {
      const program = new Program(runtime, "simple.ts", { env: { ...env, TMPDIR } });
      expect(await program.json()).toEqual(hello);
      expect(await program.ended).toBe(0);
    }
  });

  it("may be a relative path", async () => {
    const { temp } = new Program(runtime, "simple.ts");
    mkdirSync(join(temp, "relative"));
    const program = new Program(runtime, "moves.ts", { env: { ...env, TMPDIR: "relative" }, cwd: temp });
    expect(await program.json()).toEqual(["/", "/"]);
    expect(await program.ended).toBe(0);
  });

  it("may be emptied while the program runs", async () => {
    const program = new Program(runtime, "cleaned.ts", { env });
    expect(await program.json()).toEqual(["before", "before", 0, "after", "after", 0, "inside", "done"]);
    expect(await program.ended).toBe(0);
  });

  it.skipIf(process.getuid?.() !== 0)("may be out of reach for a process that has given up its user", async () => {
    const program = new Program(runtime, "drops-rights.ts", { env });
    expect(await program.json()).toEqual(["the old queue works", "from user 65534"]);
    expect(await program.ended).toBe(0);
  });
});
