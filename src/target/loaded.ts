import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { runtime } from "../runtime/runtime.ts";

// Bun lists the ES modules it has evaluated too, and the others do not.
const cache: object = createRequire(import.meta.url).cache ?? {};

/** False if the module is known not to be evaluated yet, or not to be part of the program: importing it could run it. */
export function mayBeEvaluated(url: string): boolean {
  if (runtime.name !== "bun" || !url.startsWith("file:")) return true;
  // Where this module is not listed itself, the list says nothing.
  return fileURLToPath(url) in cache || !(fileURLToPath(import.meta.url) in cache);
}
