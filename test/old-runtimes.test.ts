// A runtime that is too old for the package. The runtimes say that they are of another version; the versions are those of package.json. Bun
// lets nobody change its version, so it is left out. `npm run test:places` has a real old Node.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Program } from "./suite/program.ts";

const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  engines: Readonly<Record<string, string>>;
};

async function importOn(runtime: string, version: string): Promise<string> {
  const program = new Program(runtime, "old-runtime.ts", { args: [version] });
  expect(await program.closed, program.stderr).toBe(0);
  return program.stdout.trim();
}

describe.each([
  ["node", "Node"],
  ["deno", "Deno"],
])("%s: an import", (runtime, name) => {
  const oldest = (engines[runtime] ?? "").replace(">=", "");
  const [major = 0, minor = 0] = oldest.split(".").map(Number);

  it("on the oldest version works", async () => {
    expect(await importOn(runtime, `${oldest}.0`)).toBe("imported");
    expect(await importOn(runtime, `${major + 1}.0.0-canary+1`)).toBe("imported");
  });

  it("on an older version is an error that names both", async () => {
    const older = `${major}.${minor - 1}.9`;
    expect(await importOn(runtime, older)).toBe(
      `UnsupportedError: polyproc needs ${name} ${oldest} or later, and this is ${name} ${older}: run the program with a newer one.`,
    );
    expect(await importOn(runtime, `${major - 1}.99.0`)).toMatch(/^UnsupportedError/);
  });
});
