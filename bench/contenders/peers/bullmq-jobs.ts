// Jobs of BullMQ, on a server of Redis. Prints jobs a second.
import { Queue, Worker } from "bullmq";
import { items, rate, report } from "../measure.ts";
import { startServer } from "../server.ts";
import { settings } from "../settings.ts";

const { ms, concurrency } = settings({ ms: 1000, concurrency: 20 });
const server = await startServer("REDIS");
const connection = { host: "127.0.0.1", port: server.port, maxRetriesPerRequest: null };
const queue = new Queue("jobs", { connection });
await queue.waitUntilReady();
const item = items(0);
let left = 0;
let done = (): void => {};
const worker = new Worker("jobs", async () => {}, { connection, concurrency });
worker.on("completed", () => {
  if (--left === 0) done();
});
const pass = async (count: number): Promise<number> => {
  left = count;
  const allDone = new Promise<void>((resolve) => (done = resolve));
  for (let added = 0; added < count; added += 1000) {
    const length = Math.min(1000, count - added);
    await queue.addBulk(Array.from({ length }, (_, i) => ({ name: "job", data: item(i), opts: { removeOnComplete: true } })));
  }
  await allDone;
  return count;
};
report(await rate(pass, ms));
await worker.close();
await queue.close();
await server[Symbol.asyncDispose]();
process.exit();
