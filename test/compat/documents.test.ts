// The first examples of README.md, with the package as npm ships it.
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { checkFirstExamples } from "../suite/documents.ts";

describe.each(["node22", "node24", "node", "deno", "bun"])("%s: the built package", (runtime) => {
  it("runs the first examples of README.md", () =>
    checkFirstExamples(runtime, fileURLToPath(new URL("../../dist/mod.js", import.meta.url))));
});
