import { backendProviders, chooseBackend, wantedBackend } from "../backend/registry.ts";
import { runtime } from "../runtime/current.ts";

/** The features that this process has on its runtime and backend. */
export interface Capabilities {
  /** The runtime's name: "node", "deno" or "bun". */
  readonly runtime: string;
  /** The runtime's version. */
  readonly version: string;
  /** The backend that new objects use unless a context names another one. */
  readonly backend: "portable" | "native";
  /** The reason why this backend is used. */
  readonly reason: string;
  /** The path of the native library, or `null` if it is not loaded. */
  readonly library: string | null;
  /** The version of the native library's interface, or `null` if it is not loaded. */
  readonly abi: number | null;
  /** Whether `Connection.fileno()` works. */
  readonly fileno: boolean;
  /** Whether the blocking calls, such as `getSync`, work. */
  readonly sync: boolean;
  /** Whether `SharedMemory` works. */
  readonly sharedMemory: boolean;
  /** Whether the option `limits` of `Process` works. */
  readonly limits: boolean;
}

/**
 * Returns the features of this process on its runtime and backend. It loads the native library if that was not tried before.
 *
 * @throws {CorruptedError} if the native library was changed after its build, or belongs to another version
 * @throws {UnsupportedError} if `POLYPROC_BACKEND` or `POLYPROC_NATIVE` asks for something that can't be used here
 * @throws {RangeError} if `POLYPROC_BACKEND` names no backend
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

// The reason why the preferred backend is used, or why it is not.
function reasonOfChoice(): string {
  if (wantedBackend() !== "auto") return "POLYPROC_BACKEND asks for it";
  const [preferred] = backendProviders();
  return preferred?.available().reason ?? "";
}
