import { defineSuite } from "../suite/suite.ts";

await defineSuite("node22", "native");
// A Listener uses no backend: its cases run with the portable one alone.
await defineSuite("node22", "portable", ["listener"]);
