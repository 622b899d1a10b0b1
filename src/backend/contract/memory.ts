import type { Kind } from "./kind.ts";
import type { Port } from "./port.ts";

/** Memory to be made, with a name or without one, or memory to be attached by its name. */
export type MemorySettings =
  | { readonly create: true; readonly name: string | null; readonly size: number }
  | { readonly create: false; readonly name: string; readonly atLeast: number };

/**
 * Bytes that several processes share.
 *
 * @ignore
 */
export interface MemoryPort extends Port {
  readonly buffer: ArrayBuffer;
  readonly size: number;
  /** The name by which it can be attached; `null` if it has none. */
  readonly name: string | null;
  /** Removes the name. */
  unlink(): void;
}

const NAME = /^[A-Za-z0-9._-]{1,200}$/;

/** Whether memory may have this name. */
export function isMemoryName(name: string): boolean {
  return NAME.test(name);
}

export const MEMORY: Kind<MemoryPort, MemorySettings> = { name: "memory", label: "shared memory" };
