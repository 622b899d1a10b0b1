import { callerModules, locate, type TargetRef } from "../../src/target/target.ts";
import { fromA } from "./target-cycle-a.ts";

// The other module of the cycle is not evaluated before this one has ended.
export const located: TargetRef = await locate(fromA, callerModules());
