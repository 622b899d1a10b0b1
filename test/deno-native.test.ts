import { defineSuite } from "./suite/suite.ts";

// A Deno program that imports this package by a path or a URL runs the sources.
await defineSuite("deno", "native", { sources: true });
