// Jobs that lie in a queue of a cluster until they are done. Prints jobs a second.
import { connectCluster } from "../../../mod.ts";
import { items, rate, report } from "../measure.ts";
import { startServer } from "../nats-server.ts";
import { settings } from "../settings.ts";

const { ms, concurrency } = settings({ ms: 1000, concurrency: 20 });
const server = await startServer();
const mp = await connectCluster({ servers: server.url, namespace: "bench" });
const queue = new mp.JoinableQueue<unknown>();
const item = items(0);
const pass = async (count: number): Promise<number> => {
  let [left, taken] = [count, 0];
  const handle = async (): Promise<void> => {
    for (; taken < count; left--) {
      taken++;
      await (await queue.getTask()).done();
    }
  };
  const handlers = Array.from({ length: concurrency }, handle);
  await queue.putMany(Array.from({ length: count }, (_, i) => item(i)));
  await Promise.all(handlers);
  if (left !== 0) throw new Error("A job was lost.");
  return count;
};
report(await rate(pass, ms));
await mp.close();
await server[Symbol.asyncDispose]();
process.exit();
