import { Worker } from "node:worker_threads";

console.log("main");
new Worker(new URL(import.meta.url.replace("target-thread", "target-thread-worker")));
