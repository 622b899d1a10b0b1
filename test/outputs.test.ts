import { describe, expect, it } from "vitest";
import { statOf } from "../tools/processes.ts";
import { hasLibrary } from "./suite/library.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";

const BACKENDS = hasLibrary() ? (["portable", "native"] as const) : (["portable"] as const);
const OUTPUTS = { socket: [], pipe: ["/bin/sh", "-c", '"$@" | cat', "sh"] } as const;
const all = RUNTIMES.flatMap((runtime) =>
  BACKENDS.flatMap((backend) => (["socket", "pipe"] as const).map((output) => [runtime, backend, output] as const)),
);

/** After so many milliseconds with all children, nobody can write any more, even if some look again and again whether they can. */
const FULL_MS = 3000;

/** Waits until the root and its children are there, and none of them has computed for a while. */
async function blocked(program: Program): Promise<void> {
  let full = Number.POSITIVE_INFINITY;
  for (let quiet = 0; quiet < 20 && performance.now() < full; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const states = program.left().map((line) => statOf(Number.parseInt(line, 10))?.state);
    const areThere = states.length > RUNTIMES.length;
    if (areThere) full = Math.min(full, performance.now() + FULL_MS);
    quiet = areThere && !states.includes("R") ? quiet + 1 : 0;
  }
}

describe.each(all)("%s, %s, a %s as output", (runtime, backend, output) => {
  it("a mixed tree loses no line and no child to a reader that is slow", async () => {
    const program = new Program(runtime, "talks-together.ts", { env: { POLYPROC_BACKEND: backend }, through: OUTPUTS[output] });
    // Nobody reads until nobody can write any more.
    program.child.stdout?.pause();
    await blocked(program);
    program.child.stdout?.resume();
    expect(await program.closed).toBe(0);
    expect(program.stderr).toBe("all ended well\n");
    const lines = program.stdout.trimEnd().split("\n");
    for (const name of ["root", ...RUNTIMES]) {
      const own = lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.split(" ", 2)[1]);
      expect(own).toEqual(Array.from({ length: 1500 }, (_, i) => String(i)));
    }
    expect(lines.every((line) => /^\w+ \d+ x{200}$/.test(line))).toBe(true);
  });
});
