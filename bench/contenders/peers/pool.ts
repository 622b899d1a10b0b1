// The pool of another package: see measure-pool.ts.
import { report } from "../measure.ts";
import { defaults, measurePool } from "../measure-pool.ts";
import { settings } from "../settings.ts";
import { peer } from "./peers.ts";

const given = settings({ ...defaults, package: "piscina" });
report(await measurePool(await peer(given.package, given.workers, given.what === "bytes"), given));
process.exit();
