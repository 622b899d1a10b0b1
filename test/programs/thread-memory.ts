// A thread that attaches memory by its name, keeps a view of it, and ends without closing it.
import { workerData } from "node:worker_threads";
import { SharedMemory } from "../../mod.ts";

const { buf } = new SharedMemory({ name: workerData as string });
buf[1] = 11;
