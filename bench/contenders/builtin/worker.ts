// Messages a second to a worker thread, or microseconds of a round trip. Threads are no contender; the numbers are for orientation.
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { items, rate, report, roundTrip, text } from "../measure.ts";
import { settings } from "../settings.ts";

const BURST = 1024;

if (!isMainThread) {
  let left = 0;
  parentPort?.on("message", (message: unknown) => {
    if (workerData === "echo") parentPort?.postMessage(message);
    else if (left === 0) left = message as number;
    else if (--left === 0) parentPort?.postMessage(1);
  });
} else {
  const given = settings({ what: "rate", bytes: 32, ms: 1000, pause: 0, samples: 31 });
  const worker = new Worker(new URL(import.meta.url), { workerData: given.what === "rate" ? "count" : "echo" });
  const reply = (): Promise<unknown> => new Promise((resolve) => worker.once("message", resolve));
  const value = text(given.bytes);
  const once = async (): Promise<void> => {
    const back = reply();
    worker.postMessage(value);
    await back;
  };
  const item = items(0);
  const flood = async (total: number): Promise<number> => {
    const end = reply();
    worker.postMessage(total);
    for (let i = 0; i < total; i++) {
      worker.postMessage(item(i));
      if (i % BURST === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await end;
    return total;
  };
  if (given.what === "rate") report(await rate(flood, given.ms));
  else report(await roundTrip(once, given));
  await worker.terminate();
}
