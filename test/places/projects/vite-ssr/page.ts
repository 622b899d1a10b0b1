import { Pool, Process } from "polyproc";

// Vite loads modules by itself, so that the library can't find a function by reading what Node has loaded.
const double = { module: new URL("./double.ts", import.meta.url), name: "double" };

/** Renders the page on the server. */
export async function render(): Promise<string> {
  const pool = new Pool({ processes: 2 });
  try {
    const p = new Process({ target: double, args: [4] });
    await p.start();
    return `<p>${await p.result()} ${await pool.map(double, [1, 2, 3])}</p>`;
  } finally {
    pool.terminate();
    await pool.join();
  }
}
