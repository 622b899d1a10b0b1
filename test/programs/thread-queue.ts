// A thread waits for an item on its own event loop, reports it, and then waits for one that never comes.
import { parentPort } from "node:worker_threads";
import { Pipe, Queue } from "../../mod.ts";
import { eventLoopTurns } from "../cases/helpers/signals.ts";

const queue = new Queue<number>();
const [here, there] = Pipe<number>();
const item = Promise.all([queue.get(), here.recv()]);
await eventLoopTurns();
await queue.put(1);
await there.send(2);
parentPort?.postMessage(await item);
await queue.get();
