import { defineSuite } from "../suite/suite.ts";

// The newest Node runs the slow cases.
await defineSuite("node22", "native", { tier: "quick" });
// The cases of Listener run with the portable backend alone, because a Listener uses none.
await defineSuite("node22", "portable", { folders: ["listener"], tier: "quick" });
