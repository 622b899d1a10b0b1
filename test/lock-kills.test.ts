import { describe, expect, it } from "vitest";
import { Program } from "./suite/program.ts";
import { RUNTIMES } from "./suite/runtimes.ts";
import { hasLibrary } from "./suite/suite.ts";

/** Rounds for each runtime and backend. The full count is 1,000. */
const ROUNDS = Number(process.env.LOCK_KILL_ROUNDS ?? 12);
/** Most of a round is the start of the next process. */
const MS_PER_ROUND = 3000;

const combinations = ["native", "portable"].flatMap((backend) => RUNTIMES.map((runtime) => ({ runtime, backend })));

describe.each(combinations)("$runtime, $backend: the holder of a lock is killed", ({ runtime, backend }) => {
  it.skipIf(backend === "native" && !hasLibrary())(
    `${ROUNDS} times: one other process acquires it within 1 s and learns of the death`,
    async () => {
      const program = new Program(runtime, "lock-kills.ts", { args: [`--rounds=${ROUNDS}`], env: { POLYPROC_BACKEND: backend } });
      const figures = (await program.json()) as { median: number; p99: number; worst: number };
      expect(figures).toMatchObject({ rounds: ROUNDS, twoHolders: 0, wrongAbandoned: 0, last: true, after: false });
      if (process.env.LOCK_KILL_ROUNDS !== undefined) console.log(runtime, backend, figures);
      expect(figures.worst).toBeLessThan(1000);
      expect(await program.ended).toBe(0);
    },
    30_000 + ROUNDS * MS_PER_ROUND,
  );
});
