import { UnsupportedError } from "../errors.ts";
import { runtime } from "../runtime/runtime.ts";
import type { Backend } from "./backend.ts";
import { Portable } from "./portable/portable.ts";

export type BackendName = "portable" | "native" | "auto";

/** What this process can do, and why not more. */
export interface Capabilities {
  readonly runtime: string;
  /** The runtime's version. */
  readonly version: string;
  readonly backend: "portable" | "native";
  /** Why this backend was taken. */
  readonly reason: string;
  /** Path of the native library, or null. */
  readonly library: string | null;
  /** ABI version of the native library, or null. */
  readonly abi: number | null;
  readonly fileno: boolean;
  readonly sync: boolean;
  readonly sharedMemory: boolean;
  readonly limits: boolean;
}

const NO_NATIVE = "this version of polyproc has the portable backend alone";
let backend: Backend | undefined;

/** Checks a backend's name; throws `RangeError` for an unknown one and `UnsupportedError` for one that isn't there. */
export function checkBackend(name: unknown): void {
  if (name === "portable" || name === "auto") return;
  if (name === "native") throw new UnsupportedError(`There is no native backend: ${NO_NATIVE}; choose "portable" or "auto".`);
  throw new RangeError(`The backend must be "portable", "native" or "auto", received ${JSON.stringify(name)}.`);
}

/** The backend that new objects of this process live in. */
export function currentBackend(): Backend {
  if (backend === undefined) {
    checkBackend(wanted() ?? "auto");
    backend = new Portable();
  }
  return backend;
}

/**
 * What this process can do on this runtime and backend.
 *
 * @example
 * ```ts
 * console.log(capabilities().backend); // "portable"
 * ```
 */
export function capabilities(): Capabilities {
  const chosen = wanted();
  checkBackend(chosen ?? "auto");
  return {
    runtime: runtime.name,
    version: runtime.version,
    backend: "portable",
    reason: chosen === "portable" ? "POLYPROC_BACKEND asks for it" : NO_NATIVE,
    library: null,
    abi: null,
    fileno: false,
    sync: false,
    sharedMemory: false,
    limits: false,
  };
}

function wanted(): string | undefined {
  try {
    return process.env.POLYPROC_BACKEND;
  } catch {
    // Deno without --allow-env.
    return undefined;
  }
}
