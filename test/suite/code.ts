import { existsSync } from "node:fs";

/** The code under test: the sources, or the JavaScript that is built from them. */
export interface Code {
  /** The URL of a module, which is named without its extension: "test/suite/runner". */
  module(name: string): URL;
}

const root = new URL("../../", import.meta.url);

export const SOURCES: Code = { module: (name) => new URL(`${name}.ts`, root) };

// A process loads the built JavaScript three times faster than the sources, and most of the time of the tests is spent in such loads.
const BUILT: Code = {
  module(name) {
    const url = new URL(`.compat/${name}.js`, root);
    return existsSync(url) ? url : SOURCES.module(name);
  },
};

/** What the tests run: the sources, or the built JavaScript if POLYPROC_TEST_CODE is "built". */
export const tested: Code = process.env.POLYPROC_TEST_CODE === "built" ? BUILT : SOURCES;
