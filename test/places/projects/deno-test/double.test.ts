import assert from "node:assert/strict";
import { test } from "node:test";
import { Pool, Process } from "polyproc";
import { double } from "./double.ts";

test("runs a function in a process of its own", async () => {
  const p = new Process({ target: double, args: [4] });
  await p.start();
  assert.equal(await p.result(), 8);
  await p.join();
});

test("runs a function in a pool", async () => {
  const pool = new Pool({ processes: 2 });
  try {
    assert.deepEqual(await pool.map(double, [1, 2, 3]), [2, 4, 6]);
  } finally {
    pool.terminate();
    await pool.join();
  }
});
