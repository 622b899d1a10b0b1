import type { PortKind, Ref } from "../backend/contract/backend.ts";
import { isCellType } from "../util/number-types.ts";

const KINDS: ReadonlySet<unknown> = new Set<PortKind>([
  "queue",
  "simple",
  "connection",
  "door",
  "lock",
  "rlock",
  "semaphore",
  "boundedSemaphore",
  "event",
  "condition",
  "barrier",
  "cells",
  "memory",
]);

/** Whether what came from another process has the form of a reference. */
export function isRef(value: unknown): value is Ref {
  if (typeof value !== "object" || value === null) return false;
  const { kind, hub, id, ahead, identity, type, length, name } = value as Record<string, unknown>;
  return (
    KINDS.has(kind) &&
    typeof hub === "string" &&
    typeof id === "string" &&
    (ahead === undefined || ahead instanceof Uint8Array) &&
    (identity === undefined || typeof identity === "string") &&
    (type === undefined ? kind !== "cells" : isCellType(type)) &&
    (length === undefined || Number.isSafeInteger(length)) &&
    (name === undefined || typeof name === "string")
  );
}
