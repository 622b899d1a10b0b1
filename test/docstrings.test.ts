// Each example of a docstring runs on each runtime, and prints what its comments say. Those of clusters run in test/cluster.
import { describe, expect, it } from "vitest";
import { checkExamples, LOCAL } from "./suite/docstrings.ts";
import { RUNTIMES } from "./suite/runtimes.ts";

it("examples are found", () => expect(LOCAL.length).toBeGreaterThan(60));

describe.each(RUNTIMES)("%s: examples in docstrings", (runtime) => {
  it("print what their comments say", { timeout: 120_000 }, () => checkExamples(runtime, LOCAL));
});
