import { v8, vm } from "../util/lazy-modules.ts";

/** Makes the engine of Node and Deno free at once what nothing refers to. It does nothing where the engine can't be asked. */
export function collectGarbage(): void {
  // The program was started with --expose-gc.
  const { gc } = globalThis as { readonly gc?: () => void };
  if (gc !== undefined) {
    gc();
    return;
  }
  try {
    v8().setFlagsFromString("--expose-gc");
    (vm().runInNewContext("gc") as () => void)();
    v8().setFlagsFromString("--no-expose-gc");
  } catch {
    // This build has no such function, or it may not be used. Then objects are freed when the engine itself collects garbage.
  }
}
