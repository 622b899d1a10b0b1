import { isMain, Pool, Process } from "polyproc";
import { double } from "./double.ts";

enum Factor {
  Three = 3,
}

export function triple(n: number): number {
  return Factor.Three * n;
}

if (isMain(import.meta)) {
  const pool = new Pool({ processes: 2 });
  try {
    console.log(await pool.map(double, [1, 2, 3]));
  } finally {
    pool.terminate();
    await pool.join();
  }
  const p = new Process({ target: triple, args: [4] });
  await p.start();
  console.log(await p.result());
}
