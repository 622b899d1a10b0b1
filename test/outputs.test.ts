import { describe, expect, it } from "vitest";
import { hasLibrary } from "./suite/library.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";

const BACKENDS = hasLibrary() ? (["portable", "native"] as const) : (["portable"] as const);
const OUTPUTS = { socket: [], pipe: ["/bin/sh", "-c", '"$@" | cat', "sh"] } as const;
const all = RUNTIMES.flatMap((runtime) =>
  BACKENDS.flatMap((backend) => (["socket", "pipe"] as const).map((output) => [runtime, backend, output] as const)),
);

describe.each(all)("%s, %s, a %s as output", (runtime, backend, output) => {
  it("a mixed tree loses no line and no child to a reader that is slow", async () => {
    const program = new Program(runtime, "talks-together.ts", { env: { POLYPROC_BACKEND: backend }, through: OUTPUTS[output] });
    // Nobody reads for a while, so that everything is full.
    program.child.stdout?.pause();
    await new Promise((resolve) => setTimeout(resolve, 3000));
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
