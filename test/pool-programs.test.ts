// Whole programs that have a pool: their ends, a pool outside of any guard, and very many calls.
import { describe, expect, it } from "vitest";
import { isAlive } from "../tools/processes.ts";
import { chosenTier } from "./suite/case.ts";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";
import { hasLibrary } from "./suite/suite.ts";

/** Within this time, as docs/reliability.md says, the descendants of a killed process have ended. */
const ENDS_WITHIN_MS = 1000;
/** The program, its worker, and the worker of the pool that is made there and that a task uses. */
const MOST_PROCESSES = 3;

const MANY = 1_000_000;
/** The memory that a waiting call takes is about a kilobyte. More than this would be kept for something else. */
const MOST_BYTES = 3000;
const LIMIT_MS = 120_000;
const everywhere = ["native", "portable"].flatMap((backend) => RUNTIMES.map((runtime) => [runtime, backend] as const));
// A million calls take 5 to 16 seconds and a gigabyte of memory. So each backend does it once, unless all is to be tested.
const few = chosenTier() === "all" ? everywhere : [["node", "native"] as const, ["deno", "portable"] as const];

describe("a million calls that wait at once", () => {
  for (const [runtime, backend] of few)
    it.skipIf(backend === "native" && !hasLibrary())(`${runtime}, ${backend}`, { timeout: LIMIT_MS }, async () => {
      const program = new Program(runtime, "pool-million.ts", { args: [`--tasks=${MANY}`], env: { POLYPROC_BACKEND: backend } });
      expect(await program.closed, program.stderr).toBe(0);
      const { queued, wrong, done, bytes } = (await program.json()) as Record<string, number>;
      expect({ queued, wrong, done }).toEqual({ queued: MANY, wrong: 0, done: MANY });
      expect(bytes).toBeLessThan(MOST_BYTES);
      expect(program.files()).toEqual([]);
    });
});

describe.each(["native", "portable"])("%s: programs with a pool", (backend) => {
  const isAvailable = backend === "portable" || hasLibrary();
  const env = { POLYPROC_BACKEND: backend };

  it.skipIf(!isAvailable).each(RUNTIMES)(
    "%s: all workers of a killed program end within a second, also one that computes",
    async (runtime) => {
      const program = new Program(runtime, "pool-parent.ts", { env });
      const workers = (await program.json()) as { pid: number; state: string }[];
      expect(workers.map(({ state }) => state).sort()).toEqual(["busy", "busy", "idle"]);
      expect(workers.every(({ pid }) => isAlive(pid))).toBe(true);
      program.child.kill("SIGKILL");
      await program.ended;
      expect(await program.gone(3 * ENDS_WITHIN_MS)).toBeLessThan(ENDS_WITHIN_MS);
      expect(program.files()).toEqual([]);
    },
  );

  it.skipIf(!isAvailable).each(RUNTIMES)("%s: a pool outside of any guard starts no chain of pools", async (runtime) => {
    const program = new Program(runtime, "pool-at-import.ts", { env });
    let most = 0;
    const count = setInterval(() => (most = Math.max(most, program.left().length)), 20);
    const code = await program.closed;
    clearInterval(count);
    expect(program.stderr).toBe("");
    expect(code).toBe(0);
    expect(await program.json()).toEqual({ triples: [3, 6, 9], workers: [1, 0], below: 3 });
    expect(most).toBeLessThanOrEqual(MOST_PROCESSES);
    expect(await program.gone(3 * ENDS_WITHIN_MS)).toBeLessThan(ENDS_WITHIN_MS);
    expect(program.files()).toEqual([]);
  });
});
