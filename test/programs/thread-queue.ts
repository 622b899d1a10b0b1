// A thread that waits for an item on its own event loop, says that it came, and then waits for one that never does.
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
