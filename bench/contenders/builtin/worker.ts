// Messages a second to a worker thread, or microseconds of a round trip. Threads are no contender; the numbers are for orientation.
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { report } from "../measure.ts";
import { settings } from "../settings.ts";
import { measureMessages } from "./measure-messages.ts";

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
  report(await measureMessages({ send: (message) => worker.postMessage(message), reply }, given));
  await worker.terminate();
}
