// As modules.ts, with a helper thread, as each child of the portable backend has one: how long does a runtime take to start that too?
import "./modules.ts";
import { Worker } from "node:worker_threads";

const worker = new Worker("setInterval(() => {}, 2 ** 31 - 1)", { eval: true });
worker.once("online", () => worker.unref());
