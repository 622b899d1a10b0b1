import { loadTarget } from "../target/load.ts";
import type { Callable, TargetRef } from "../target/target.ts";
import { runAs } from "./origin.ts";
import { whileImporting } from "./position.ts";

/** Imports a target in a child. What its module does by itself may start no processes. */
export function loadInChild(ref: TargetRef): Promise<Callable> {
  return whileImporting(() => runAs("module", () => loadTarget(ref)));
}
