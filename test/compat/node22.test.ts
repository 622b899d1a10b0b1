import { defineSuite } from "../suite/suite.ts";

await defineSuite("node22", "native");
// The cases of Listener run with the portable backend alone, because a Listener uses none.
await defineSuite("node22", "portable", { folders: ["listener"] });
