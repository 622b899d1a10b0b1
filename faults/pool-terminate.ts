import { isMain } from "../mod.ts";
import { observe, unlessBlocked } from "./observe.ts";
import { killBoth } from "./pool-workers.ts";

if (isMain(import.meta)) {
  const { pool } = await killBoth();
  const begun = unlessBlocked("join()");
  pool.terminate();
  await pool.join();
  const isEmpty = pool.workers.length === 0;
  observe(isEmpty ? "both returned" : "workers are left", begun, isEmpty && performance.now() - begun < 2000);
}
