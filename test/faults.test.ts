import { describe, expect, it } from "vitest";
import { openFiles } from "../tools/processes.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";

describe.each(RUNTIMES)("%s: deaths", (runtime) => {
  for (const kind of ["idle", "busy"]) {
    it(`the ${kind} tree of a killed root ends within 1 s and leaves no folder`, async () => {
      const program = new Program(runtime, "tree.ts", { args: [`--kind=${kind}`] });
      expect(await program.json()).toHaveLength(3);
      program.child.kill("SIGKILL");
      await program.ended;
      expect(await program.gone(3000)).toBeLessThan(1000);
      expect(program.files()).toEqual([]);
    });
  }

  it("the child of a killed process ends, and the root goes on", async () => {
    const program = new Program(runtime, "tree.ts", { args: ["--kind=idle"] });
    const [root, ...others] = (await program.json()) as number[];
    for (const pid of others) process.kill(pid, "SIGKILL");
    await expect.poll(() => program.left().length, { timeout: 1500 }).toBe(1);
    expect(program.left()[0]).toMatch(new RegExp(`^${root} `));
  });

  it("the children end when their root calls process.exit or fails", async () => {
    for (const [kind, code] of [
      ["exit", 5],
      ["throw", 1],
    ] as const) {
      const program = new Program(runtime, "tree.ts", { args: [`--kind=${kind}`] });
      await program.json();
      expect(await program.ended).toBe(code);
      expect(await program.gone(3000)).toBeLessThan(1000);
      expect(program.files()).toEqual([]);
    }
  });

  it("daemons end with their parent's normal end", async () => {
    const program = new Program(runtime, "tree.ts", { args: ["--kind=daemon"] });
    await program.json();
    expect(await program.ended).toBe(0);
    expect(await program.gone(3000)).toBeLessThan(1000);
    expect(program.files()).toEqual([]);
  });

  it("a detached child outlives its killed parent, and cleans up after itself", async () => {
    const program = new Program(runtime, "tree.ts", { args: ["--kind=detached"] });
    const [, detached] = (await program.json()) as number[];
    program.child.kill("SIGKILL");
    await program.ended;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(program.left().map((line) => Number.parseInt(line, 10))).toEqual([detached]);
    await program.gone(6000);
  });

  it("the child holds no descriptor that its parent opened", async () => {
    const program = new Program(runtime, "descriptors.ts");
    const { parent, child } = (await program.json()) as { parent: number; child: number };
    expect([...openFiles(parent).values()]).toContain("/etc/hostname");
    expect([...openFiles(child).values()]).not.toContain("/etc/hostname");
  });

  it("Ctrl-C reaches the root alone; when it ends, its tree ends", async () => {
    const program = new Program(runtime, "tree.ts", { args: ["--kind=idle"] });
    await program.json();
    program.child.kill("SIGINT");
    await program.ended;
    expect(await program.gone(3000)).toBeLessThan(1000);
    expect(program.files()).toEqual([]);
  });
});
