import { UnsupportedError } from "../errors/errors.ts";
import { runtime } from "../runtime/current.ts";
import { tree } from "../tree/tree.ts";
import type { Backend, Ref } from "./contract/backend.ts";
import { loadLibrary } from "./native/library/library.ts";
import { ABI } from "./native/library/shim.ts";
import { Native } from "./native/native.ts";
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

let portable: Portable | undefined;
let native: Native | undefined;

/** The backend of plain runtime APIs. */
export function portableBackend(): Portable {
  portable ??= new Portable(tree);
  return portable;
}

/** The backend of the C shim; throws `UnsupportedError` with the reason where there is none. */
export function nativeBackend(): Native {
  if (native === undefined) {
    const { shim, reason } = loadLibrary();
    if (shim === undefined) throw new UnsupportedError(`There is no native backend here: ${reason}.`);
    native = new Native(shim, tree);
  }
  return native;
}

/** Checks a backend's name; throws `RangeError` for an unknown one and `UnsupportedError` for one that isn't there. */
export function checkBackend(name: unknown): asserts name is BackendName {
  if (name === "native") nativeBackend();
  else if (name !== "portable" && name !== "auto") {
    throw new RangeError(`The backend must be "portable", "native" or "auto", received ${JSON.stringify(name)}.`);
  }
}

/** The backend that new objects live in; by default as POLYPROC_BACKEND says, and native where it loads. */
export function chooseBackend(name: BackendName = wanted()): Backend {
  if (name === "native") return nativeBackend();
  return name === "auto" && loadLibrary().shim !== undefined ? nativeBackend() : portableBackend();
}

/** The backend that a reference belongs to. */
export function backendOf(ref: Ref): Backend {
  return ref.native === true ? nativeBackend() : portableBackend();
}

/** Resolves when what this process has put and sent is out, whatever it lives in. */
export async function flushed(): Promise<void> {
  await Promise.all([portable?.flushed(), native?.flushed()]);
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
  const { name } = chooseBackend();
  const isNative = name === "native";
  const choice = wanted();
  const loaded = choice === "portable" ? undefined : loadLibrary();
  return {
    runtime: runtime.name,
    version: runtime.version,
    backend: name,
    reason: choice === "auto" ? (loaded?.reason ?? "") : "POLYPROC_BACKEND asks for it",
    library: isNative ? (loaded?.checked?.path ?? null) : null,
    abi: isNative ? ABI : null,
    fileno: isNative,
    sync: isNative,
    sharedMemory: isNative,
    limits: isNative,
  };
}

/** What POLYPROC_BACKEND asks for; throws `RangeError` for what is no backend. */
function wanted(): BackendName {
  let name: string;
  try {
    name = process.env.POLYPROC_BACKEND || "auto";
  } catch {
    // Deno without --allow-env.
    return "auto";
  }
  if (name !== "portable" && name !== "auto" && name !== "native") checkBackend(name);
  return name as BackendName;
}
