import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/suite/longest-first.ts";
import { SkippedTests } from "./test/suite/skipped-tests.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/places/**", "test/cluster/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two workers leave a quarter of two cores idle, because many tests wait. More than three would make every time limit a gamble.
    maxWorkers: 3,
    pool: "forks",
    sequence: { sequencer: LongestFirst },
    reporters: ["default", new SkippedTests()],
  },
});
