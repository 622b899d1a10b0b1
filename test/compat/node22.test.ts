import { defineSuite } from "../suite/suite.ts";

// What depends on the version of Node is how processes start, talk and end. The newest Node runs the slow cases, and those of all other objects.
const folders = ["launch", "observe", "options", "pool", "process", "queue", "values"];
await defineSuite("node22", "native", { folders, tier: "quick" });
// The cases of Listener run with the portable backend alone, because a Listener uses none.
await defineSuite("node22", "portable", { folders: ["listener"], tier: "quick" });
