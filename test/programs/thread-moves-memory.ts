// A thread that makes memory, transfers its buffer to the thread that started it, and ends.
import { parentPort } from "node:worker_threads";
import { SharedMemory } from "../../mod.ts";

const { buf } = new SharedMemory({ size: 4096 });
buf[0] = 42;
const moved = (buf.buffer as ArrayBuffer).transfer();
parentPort?.postMessage(moved, [moved]);
