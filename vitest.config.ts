import { defineConfig } from "vitest/config";
import type { Reporter } from "vitest/node";
import { SkippedTests } from "./test/suite/skipped-tests.ts";

interface Settings {
  readonly testTimeout: number;
  readonly hookTimeout: number;
  readonly maxWorkers: number;
  readonly pool: "forks";
  readonly reporters: (Reporter | "default")[];
}

/** More workers than the two cores of a small machine would make every time limit a gamble. */
export const settings: Settings = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  maxWorkers: 2,
  pool: "forks",
  reporters: ["default", new SkippedTests()],
};

export default defineConfig({ test: { ...settings, include: ["test/**/*.test.ts"], exclude: ["test/compat/**", "test/places/**"] } });
