import { defineSuite } from "../suite/suite.ts";

// The versions before and after it run many more cases, so a part of them is enough here.
await defineSuite("node24", "portable", { names: ["pool/basics"], tier: "quick" });
await defineSuite("node24", "portable", { folders: ["process", "queue"], tier: "quick" });
