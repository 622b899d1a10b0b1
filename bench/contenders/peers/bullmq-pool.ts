// Jobs of BullMQ that have a result, as the tasks of a pool: see measure-pool.ts. One other process does them.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Queue, QueueEvents, Worker } from "bullmq";
import { report } from "../measure.ts";
import { defaults, measurePool } from "../measure-pool.ts";
import { startServer } from "../server.ts";
import { settings } from "../settings.ts";
import { addOne } from "../tasks.ts";

const CONCURRENCY = 20;
const TOGETHER = 1000;
const given = settings({ ...defaults, port: 0 });

function connectionTo(port: number): { host: string; port: number; maxRetriesPerRequest: null } {
  return { host: "127.0.0.1", port, maxRetriesPerRequest: null };
}

if (given.port === 0) await measure();
else new Worker("tasks", async ({ data }) => addOne(data as number), { connection: connectionTo(given.port), concurrency: CONCURRENCY });

async function measure(): Promise<void> {
  const server = await startServer("REDIS");
  const connection = connectionTo(server.port);
  const queue = new Queue("tasks", { connection });
  const events = new QueueEvents("tasks", { connection });
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  const worker = fork(fileURLToPath(import.meta.url), [`--port=${server.port}`]);
  const opts = { removeOnComplete: 10 * TOGETHER };
  const addAll = async (numbers: readonly number[]): Promise<number[]> => {
    const results: Promise<unknown>[] = [];
    for (let i = 0; i < numbers.length; i += TOGETHER) {
      const jobs = await queue.addBulk(numbers.slice(i, i + TOGETHER).map((data) => ({ name: "addOne", data, opts })));
      results.push(...jobs.map((job) => job.waitUntilFinished(events)));
    }
    return (await Promise.all(results)) as number[];
  };
  const make = () => ({
    addOne: async (x: number) => (await (await queue.add("addOne", x, opts)).waitUntilFinished(events)) as number,
    echo: () => Promise.reject(new Error("BullMQ's jobs are JSON.")),
    mapSingly: addAll,
    map: addAll,
    end: async () => {},
  });
  report(await measurePool(make, given));
  worker.kill();
  await Promise.all([queue.close(), events.close()]);
  await server[Symbol.asyncDispose]();
  process.exit();
}
