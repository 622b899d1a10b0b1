import { defineSuite } from "./suite/suite.ts";

await defineSuite("deno", "native");
