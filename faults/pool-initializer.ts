import { BrokenPoolError, isMain, Pool } from "../mod.ts";
import { named, observe, unlessBlocked } from "./observe.ts";

export function initialize(): never {
  throw new RangeError("an initializer that fails");
}

export function work(): void {}

if (isMain(import.meta)) {
  const pool = new Pool({ processes: 2, initializer: initialize, stderr: "null" });
  const begun = unlessBlocked("apply()");
  const error: unknown = await pool.apply(work).catch((reason: unknown) => reason);
  const ok = error instanceof BrokenPoolError && error.cause instanceof RangeError;
  observe(ok ? `${named(error)}, its cause: the initializer's error` : named(error), begun, ok);
}
