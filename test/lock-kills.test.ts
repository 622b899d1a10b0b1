import { describe, expect, it } from "vitest";
import { Program } from "./suite/program.ts";
import { hasLibrary } from "./suite/suite.ts";

/** As many for each runtime and backend; the full count is 1,000. */
const ROUNDS = Number(process.env.LOCK_KILL_ROUNDS ?? 12);
/** Milliseconds for a round, most of it the birth of the next process. */
const PER_ROUND = 3000;

const combinations = ["native", "portable"].flatMap((backend) => ["node", "deno", "bun"].map((runtime) => ({ runtime, backend })));

describe.each(combinations)("$runtime, $backend: the holder of a lock is killed", ({ runtime, backend }) => {
  it.skipIf(backend === "native" && !hasLibrary())(
    `${ROUNDS} times: another one has it within 1 s, is told, and is alone`,
    async () => {
      const program = new Program(runtime, "lock-kills.ts", { args: [String(ROUNDS)], env: { POLYPROC_BACKEND: backend } });
      const figures = (await program.json()) as { median: number; p99: number; worst: number };
      expect(figures).toMatchObject({ rounds: ROUNDS, two: 0, untold: 0, last: true, after: false });
      if (process.env.LOCK_KILL_ROUNDS !== undefined) console.log(runtime, backend, figures);
      expect(figures.worst).toBeLessThan(1000);
      expect(await program.ended).toBe(0);
    },
    30_000 + ROUNDS * PER_ROUND,
  );
});
