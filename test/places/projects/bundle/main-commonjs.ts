// CommonJS has neither top-level await nor import.meta.
import { freezeSupport, Pool, Process } from "polyproc";
import { double } from "./double.ts";

declare const require: { readonly main: unknown };
declare const module: unknown;

async function main(): Promise<void> {
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

freezeSupport().then(() => {
  if (require.main === module) return main();
});
