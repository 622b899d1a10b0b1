import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { SkippedTests } from "../suite/skipped-tests.ts";

// Most tests wait for servers. Two workers keep two cores busy enough, and leave the servers their share.
const config: ViteUserConfig = defineConfig({
  test: {
    root: fileURLToPath(new URL("../../", import.meta.url)),
    include: ["test/cluster/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    pool: "forks",
    reporters: ["default", new SkippedTests()],
  },
});

export default config;
