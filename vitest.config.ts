import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/compat/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: more runners at once would make every time limit a gamble.
    maxWorkers: 2,
    pool: "forks",
  },
});
