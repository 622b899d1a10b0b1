const { Pool, Process } = require("polyproc");
const { double } = require("./double.js");

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
