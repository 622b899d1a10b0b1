import { defineSuite } from "../suite/suite.ts";

// The versions before and after it run all cases.
process.env.POLYPROC_TEST_TIER = "quick";
await defineSuite("node24");
