import { defineSuite } from "./suite/suite.ts";

// Deno users take the sources, from JSR.
await defineSuite("deno", "native", { sources: true });
