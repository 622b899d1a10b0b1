import type { Kind } from "./kind.ts";
import type { Port } from "./port.ts";

/** Memory to be made under a new name, or memory to be attached by its name. */
export type MemorySettings =
  | { readonly create: true; readonly name: string; readonly size: number }
  | { readonly create: false; readonly name: string };

/** Bytes that several processes share. */
export interface MemoryPort extends Port {
  readonly buffer: ArrayBuffer;
  readonly size: number;
  readonly name: string;
  /** Removes the name. */
  unlink(): void;
}

export const MEMORY: Kind<MemoryPort, MemorySettings> = { name: "memory", label: "shared memory" };
