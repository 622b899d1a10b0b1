import { backendProviders, chooseBackend, wantedBackend } from "../backend/registry.ts";
import { runtime } from "../runtime/current.ts";

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

/**
 * What this process can do on this runtime and backend.
 *
 * @throws {CorruptedError} for a native library that is not as it was built
 *
 * @example
 * ```ts
 * console.log(capabilities().backend); // "native" or "portable"
 * ```
 */
export function capabilities(): Capabilities {
  const { name, features } = chooseBackend();
  const { fileno, sync, sharedMemory, limits, library, abi } = features;
  return {
    runtime: runtime.name,
    version: runtime.version,
    backend: name as Capabilities["backend"],
    reason: reasonOfChoice(),
    library,
    abi,
    fileno,
    sync,
    sharedMemory,
    limits,
  };
}

// Why the preferred backend was taken, or why it was not.
function reasonOfChoice(): string {
  if (wantedBackend() !== "auto") return "POLYPROC_BACKEND asks for it";
  const [preferred] = backendProviders();
  return preferred?.available().reason ?? "";
}
