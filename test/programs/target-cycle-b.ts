import { callerModules } from "../../src/target/callers.ts";
import { locateTarget } from "../../src/target/locate.ts";
import type { TargetRef } from "../../src/target/target.ts";
import { fromA } from "./target-cycle-a.ts";

// The other module of the cycle is not evaluated before this one has ended.
export const located: TargetRef = await locateTarget(fromA, callerModules());
