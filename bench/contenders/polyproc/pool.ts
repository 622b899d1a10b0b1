// A pool of workers: see measure-pool.ts.
import { isMain, Pool } from "../../../mod.ts";
import { addOne, echo } from "../tasks.ts";

if (isMain(import.meta)) {
  const { report } = await import("../measure.ts");
  const { defaults, measurePool } = await import("../measure-pool.ts");
  const { settings } = await import("../settings.ts");
  const given = settings(defaults);
  const make = () => {
    const pool = new Pool({ processes: given.workers });
    return {
      addOne: (x: number) => pool.apply(addOne, [x]),
      echo: (bytes: Uint8Array) => pool.apply(echo, [bytes]),
      mapSingly: (numbers: readonly number[]) => pool.map(addOne, numbers, { chunkSize: 1 }),
      map: (numbers: readonly number[]) => pool.map(addOne, numbers),
      end: async () => {
        pool.terminate();
        await pool.join();
      },
    };
  };
  report(await measurePool(make, given));
  process.exit();
}
