import { Worker } from "node:worker_threads";

console.log("main");
new Worker(new URL("./target-thread-worker.ts", import.meta.url));
