// How many times faster a pool hashes files than a loop in this process.
import { isMain, Pool } from "../../../mod.ts";
import { sha256 } from "../hash.ts";

if (isMain(import.meta)) {
  const { measureHash } = await import("../measure-hash.ts");
  const { settings } = await import("../settings.ts");
  const given = settings({ files: "", workers: 2, ms: 1000 });
  const pool = new Pool({ processes: given.workers });
  await measureHash((files) => pool.map(sha256, files), given.files, given.ms);
  process.exit();
}
