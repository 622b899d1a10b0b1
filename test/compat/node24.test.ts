import { defineSuite } from "../suite/suite.ts";

await defineSuite("node24");
