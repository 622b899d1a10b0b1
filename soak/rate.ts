import { isMain, Process, Queue, setStartMethod, setForkserverPreload } from "../mod.ts";
export async function stay(q: Queue<number>): Promise<void> { await q.put(1); await new Promise((r) => setTimeout(r, 60000)); }
if (isMain(import.meta)) {
  setStartMethod("forkserver");
  setForkserverPreload([new URL(import.meta.url)]);
  const q = new Queue<number>(); const n = 100;
  const t = performance.now();
  const one = async () => { for (let i = 0; i < n/4; i++) { const p = new Process({ target: { module: new URL(import.meta.url), name: "stay" }, args: [q] }); await p.start(); await q.get(); p.kill(); await p.join(); p.close(); } };
  await Promise.all([one(), one(), one(), one()]);
  console.log((n / (performance.now() - t) * 1000).toFixed(1), "starts+kills/s");
  process.exit(0);
}
