import { defineSuite } from "../suite/suite.ts";

// What depends on the version of Node is how processes start, talk and end. The newest Node runs the slow cases, and those of all other objects.
await defineSuite("node22", "native", { folders: ["launch", "observe", "options", "process", "queue", "values"], tier: "quick" });
// How a pool works does not depend on the version.
await defineSuite("node22", "native", { names: ["pool/basics"], tier: "quick" });
// The cases of Listener run with the portable backend alone, because a Listener uses none.
await defineSuite("node22", "portable", { folders: ["listener"], tier: "quick" });
