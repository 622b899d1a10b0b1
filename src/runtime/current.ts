import { bun } from "./bun.ts";
import type { Runtime, RuntimeName } from "./contract.ts";
import { deno } from "./deno/deno.ts";
import { node } from "./node.ts";

export const runtimes: Readonly<Record<RuntimeName, Runtime>> = { node, deno, bun };

// Deno and Bun also look like Node, so they are tested first.
const present: RuntimeName = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";

/** The runtime that this program runs on. */
export const runtime: Runtime = runtimes[present];
