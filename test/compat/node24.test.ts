import { defineSuite } from "../suite/suite.ts";

await defineSuite("node24");
await defineSuite("node24", "native");
