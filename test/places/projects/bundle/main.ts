import { freezeSupport, isMain, Pool, Process } from "polyproc";
import { double } from "./double.ts";

await freezeSupport();

if (isMain(import.meta)) {
  const pool = new Pool({ processes: 2 });
  try {
    const p = new Process({ target: double, args: [4] });
    await p.start();
    console.log(await p.result(), await pool.map(double, [1, 2, 3]));
  } finally {
    pool.terminate();
    await pool.join();
  }
}
