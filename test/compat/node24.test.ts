import { defineSuite } from "../suite/suite.ts";

// The versions before and after it run all cases, so a part of them is enough here.
process.env.POLYPROC_TEST_TIER = "quick";
await defineSuite("node24", "portable", { folders: ["pool", "process", "queue"] });
