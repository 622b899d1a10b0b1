import type { TargetRef } from "../../src/target/target.ts";
import { makeProcess } from "./target-make.ts";

export const task = (): number => 1;
// A tail call: under Bun this frame is not on the stack.
export const go = (): Promise<TargetRef> => makeProcess(task);
