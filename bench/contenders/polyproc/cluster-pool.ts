// A pool of a cluster with one agent: see measure-pool.ts.
import { connectCluster } from "../../../mod.ts";
import { ROOT, startAgent } from "../agents.ts";
import { report } from "../measure.ts";
import { defaults, measurePool } from "../measure-pool.ts";
import { startServer } from "../nats-server.ts";
import { settings } from "../settings.ts";
import { addOne, echo } from "../tasks.ts";

const given = settings(defaults);
const server = await startServer();
const agent = await startAgent(server.url, given.workers);
const mp = await connectCluster({ servers: server.url, namespace: "bench", root: ROOT });
const pool = new mp.Pool({ processes: given.workers });
const make = () => ({
  addOne: (x: number) => pool.apply(addOne, [x]),
  echo: (bytes: Uint8Array) => pool.apply(echo, [bytes]),
  mapSingly: (numbers: readonly number[]) => pool.map(addOne, numbers, { chunkSize: 1 }),
  map: (numbers: readonly number[]) => pool.map(addOne, numbers),
  end: async () => {},
});
report(await measurePool(make, given));
pool.terminate();
await pool.join();
await mp.close();
agent.kill();
await server[Symbol.asyncDispose]();
process.exit();
