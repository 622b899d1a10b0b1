// A worker thread that has a lock and two children, and is ended by the program while it waits.
import { parentPort, workerData } from "node:worker_threads";
import { Event, Lock, Pipe, Process } from "../../mod.ts";

// The built file has another extension.
const module = import.meta.url.replace("thread-ends", "thread-parent");
const target = (name: string): { module: string; name: string } => ({ module, name });

const lock = new Lock();
const ready = new Event();
const [conn, childs] = Pipe<string>();
await lock.acquire();
const args = [lock, childs, ready, workerData as string] as const;
const watcher = new Process({ target: target("watchThread"), args, transfer: [childs], detached: true });
const child = new Process({ target: target("stayForever") });
await watcher.start();
await child.start();
await conn.send("hello");
await ready.wait();
parentPort?.postMessage({ child: child.pid, watcher: watcher.pid });
await conn.recv();
