import type { Ref } from "../backend/backend.ts";

const KINDS: ReadonlySet<unknown> = new Set(["queue", "simple", "connection", "door"]);

/** Whether what came from another process has the form of a reference. */
export function isRef(value: unknown): value is Ref {
  if (typeof value !== "object" || value === null) return false;
  const { kind, hub, id, ahead } = value as Record<string, unknown>;
  return KINDS.has(kind) && typeof hub === "string" && typeof id === "string" && (ahead === undefined || ahead instanceof Uint8Array);
}
