import { defineSuite } from "./suite/suite.ts";

await defineSuite("bun", "native");
