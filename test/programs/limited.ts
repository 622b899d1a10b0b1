// Uses queues and shared memory under a limit of the system, and prints what was possible and what the errors say.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { Queue, SharedMemory } from "../../mod.ts";
import { memoryName } from "../suite/leaks.ts";

const [queues = 1, bytes = 1024, memory = 0, named = 0] = process.argv.slice(2).map(Number);
const MIB = 2 ** 20;

async function messageOf(call: () => unknown): Promise<string | null> {
  try {
    await call();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The memory that the files of this library take, in MiB. */
function used(): number {
  const files = readdirSync("/proc/self/fd").flatMap((fd) => {
    const file = statSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false });
    return file?.isFile() && file.nlink === 0 ? [[file.ino, file.blocks] as const] : [];
  });
  return [...new Map(files).values()].reduce((sum, blocks) => sum + blocks, 0) / 2048;
}

function addresses(): number {
  return Number(/VmSize:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
}

const before = { used: used(), addresses: addresses() };
const made: Queue<Uint8Array | string>[] = [];
const making = await messageOf(() => {
  while (made.length < queues) made.push(new Queue());
});
for (const queue of made) await queue.put("an item");
const items = await Promise.all(made.map((queue) => queue.get()));
const works = items.every((item) => item === "an item");
const report = { made: made.length, making, works, used: used() - before.used, addresses: addresses() - before.addresses };
const [first] = made;
let puts = 0;
const putting = await messageOf(async () => {
  // One item, or as many as there is memory for.
  for (const most = bytes > MIB ? 1 : 1_000; first !== undefined && puts < most; puts++) await first.put(new Uint8Array(bytes));
});
const after = first === undefined ? null : await messageOf(() => first.qsize());
const nameless = memory === 0 ? null : await messageOf(() => new SharedMemory({ size: memory }).close());
const name = memoryName("limited");
const withName = named === 0 ? null : await messageOf(() => new SharedMemory({ name, create: true, size: named }).close());
for (const queue of made) queue.close();
console.log(JSON.stringify({ ...report, puts, putting, after, nameless, withName }));
