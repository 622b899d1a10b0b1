import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/suite/longest-first.ts";
import { SkippedTests } from "./test/suite/skipped-tests.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/places/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // More workers than the two cores of a small machine would make every time limit a gamble.
    maxWorkers: 2,
    pool: "forks",
    sequence: { sequencer: LongestFirst },
    reporters: ["default", new SkippedTests()],
  },
});
