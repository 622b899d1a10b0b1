// Changes the version number in the memory of a queue, sends the queue to a child, and prints the child's error.
import { closeSync, openSync, readdirSync, readlinkSync, writeSync } from "node:fs";
import { isMain, Process, Queue } from "../../mod.ts";

const VERSION_AT = 8;

export function receive(_q: Queue): void {}

function memoryOfTheQueue(): string {
  const fds = readdirSync("/proc/self/fd").map((fd) => `/proc/self/fd/${fd}`);
  for (const fd of fds) {
    try {
      if (readlinkSync(fd).startsWith("/memfd:polyproc")) return fd;
    } catch {
      // This was the descriptor that read the folder.
    }
  }
  throw new Error("no queue's memory is open");
}

if (isMain(import.meta)) {
  const q = new Queue();
  const fd = openSync(memoryOfTheQueue(), "r+");
  writeSync(fd, new Uint8Array([99]), 0, 1, VERSION_AT);
  closeSync(fd);
  const child = new Process({ target: receive, args: [q], stderr: "null" });
  await child.start().catch(() => {});
  const error = await child.result().catch((reason: Error) => reason);
  console.log(JSON.stringify(error instanceof Error ? { error: error.name, message: error.message } : "accepted"));
}
