import { defineConfig } from "vitest/config";
import { settings } from "./vitest.config.ts";

/** The suite on Node 22 and 24, from the built JavaScript. */
export default defineConfig({ test: { ...settings, include: ["test/compat/*.test.ts"], env: { POLYPROC_TEST_CODE: "built" } } });
