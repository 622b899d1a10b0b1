import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** The suite on Node 22 and 24, from the built JavaScript. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [] } },
  defineConfig({ test: { include: ["test/compat/*.test.ts"], env: { POLYPROC_TEST_ROOT: "../../.compat/" } } }),
);
