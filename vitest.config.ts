import { defineConfig } from "vitest/config";
import type { Reporter, TestSequencerConstructor } from "vitest/node";
import { LongestFirst } from "./test/suite/longest-first.ts";
import { SkippedTests } from "./test/suite/skipped-tests.ts";

interface Settings {
  readonly testTimeout: number;
  readonly hookTimeout: number;
  readonly maxWorkers: number;
  readonly pool: "forks";
  readonly sequence: { readonly sequencer: TestSequencerConstructor };
  readonly reporters: (Reporter | "default")[];
}

/** More workers than the two cores of a small machine would make every time limit a gamble. */
export const settings: Settings = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  maxWorkers: 2,
  pool: "forks",
  sequence: { sequencer: LongestFirst },
  reporters: ["default", new SkippedTests()],
};

export default defineConfig({ test: { ...settings, include: ["test/**/*.test.ts"], exclude: ["test/compat/**", "test/places/**"] } });
