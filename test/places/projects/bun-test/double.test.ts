import { expect, it } from "bun:test";
import { Pool, Process } from "polyproc";
import { double } from "./double.ts";

it("runs a function in a process of its own", async () => {
  const p = new Process({ target: double, args: [4] });
  await p.start();
  expect(await p.result()).toBe(8);
  await p.join();
});

it("runs a function in a pool", async () => {
  const pool = new Pool({ processes: 2 });
  try {
    expect(await pool.map(double, [1, 2, 3])).toEqual([2, 4, 6]);
  } finally {
    pool.terminate();
    await pool.join();
  }
});
