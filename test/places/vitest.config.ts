import { defineConfig, type ViteUserConfig } from "vitest/config";

// Every test starts a tool that uses several processes. One worker a core is enough.
const config: ViteUserConfig = defineConfig({
  test: { include: ["*.test.ts"], pool: "forks", maxWorkers: 2, testTimeout: 120_000, hookTimeout: 120_000, reporters: ["verbose"] },
});

export default config;
