import { defineConfig } from "vitest/config";

interface Limits {
  readonly testTimeout: number;
  readonly hookTimeout: number;
  readonly maxWorkers: number;
  readonly pool: "forks";
}

/** Two cores: more runners at once would make every time limit a gamble. */
export const limits: Limits = { testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 2, pool: "forks" };

export default defineConfig({ test: { ...limits, include: ["test/**/*.test.ts"], exclude: ["test/compat/**"] } });
