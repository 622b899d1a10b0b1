import { defineSuiteOnCluster } from "./define-suite.ts";

await defineSuiteOnCluster("bun");
