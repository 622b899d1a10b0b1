import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hasLibrary } from "./suite/library.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";

const BACKENDS = hasLibrary() ? (["portable", "native"] as const) : (["portable"] as const);
const pairs = RUNTIMES.flatMap((runtime) => BACKENDS.map((backend) => [runtime, backend] as const));

function program(runtime: string, backend: string, kind: string): Program {
  return new Program(runtime, "endings.ts", { args: [`--kind=${kind}`], env: { POLYPROC_BACKEND: backend } });
}

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.each(pairs)("%s, %s: endings", (runtime, backend) => {
  it("the children of a killed root get SIGTERM, so that they can clean up", async () => {
    const tree = program(runtime, backend, "cleanup");
    const [, ...children] = (await tree.json()) as number[];
    tree.child.kill("SIGKILL");
    await tree.gone(3000);
    expect(tree.files().toSorted()).toEqual(children.map((pid) => `cleaned-${pid}`).toSorted());
  });

  it("a child that ignores SIGTERM is killed a second after its root", async () => {
    const tree = program(runtime, backend, "stubborn");
    await tree.json();
    tree.child.kill("SIGKILL");
    await tree.ended;
    const took = await tree.gone(3000);
    expect(took).toBeGreaterThan(500);
    expect(tree.files()).toEqual([]);
  });

  it.each(["waits", "writes"])("Ctrl-C prints nothing, whatever the children wait for: %s", async (kind) => {
    const tree = program(runtime, backend, kind);
    await tree.json();
    await new Promise((resolve) => setTimeout(resolve, 300));
    tree.child.kill("SIGINT");
    await tree.gone(5000);
    expect(tree.stderr).toBe("");
  });

  it("a child that is stopped when its root is killed ends when it goes on: at once on the native backend", async () => {
    const tree = program(runtime, backend, "idle");
    const [, child = 0] = (await tree.json()) as number[];
    process.kill(child, "SIGSTOP");
    tree.child.kill("SIGKILL");
    if (backend === "portable") {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(alive(child)).toBe(true);
      process.kill(child, "SIGCONT");
    }
    await tree.gone(3000);
    expect(tree.files()).toEqual([]);
  });

  it("a root whose work is done ends its daemons, and waits for them", async () => {
    const tree = program(runtime, backend, "daemons");
    const [, ...children] = (await tree.json()) as number[];
    const begun = performance.now();
    expect(await tree.ended).toBe(0);
    expect(performance.now() - begun).toBeGreaterThan(350);
    expect(performance.now() - begun).toBeLessThan(4000);
    expect(children.filter(alive)).toEqual([]);
    expect(tree.files()).toHaveLength(1);
    expect(tree.stderr).toBe("");
  });

  it.each(["process.exit", "throw", "reject", "top level", ...(runtime === "deno" ? ["Deno.exit"] : [])])(
    "a root that ends by %s leaves no file behind",
    async (kind) => {
      const tree = program(runtime, backend, kind);
      await tree.json();
      expect(await tree.ended).toBe(/exit/.test(kind) ? 3 : 1);
      expect(readdirSync(tree.temp)).toEqual([]);
    },
  );

  it("exit codes are known to a program that was started with SIGCHLD ignored", async () => {
    const tree = new Program(runtime, "endings.ts", {
      args: ["--kind=codes"],
      env: { POLYPROC_BACKEND: backend },
      through: ["/usr/bin/env", "--ignore-signal=CHLD"],
    });
    expect(await tree.json()).toEqual([0, 3]);
    expect(await tree.ended).toBe(0);
  });
});
