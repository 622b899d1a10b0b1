import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { LongestFirst } from "../suite/longest-first.ts";
import { SkippedTests } from "../suite/skipped-tests.ts";

// Most tests wait for leases and servers, so more workers than cores take less time.
const config: ViteUserConfig = defineConfig({
  test: {
    root: fileURLToPath(new URL("../../", import.meta.url)),
    include: ["test/cluster/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 4,
    pool: "forks",
    sequence: { sequencer: LongestFirst },
    reporters: ["default", new SkippedTests()],
  },
});

export default config;
