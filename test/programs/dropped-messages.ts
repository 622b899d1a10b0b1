// Receives more objects than this process may have files, through a pipe or a queue, and drops them without closing them.
import { spawnSync } from "node:child_process";
import { type Connection, isMain, Pipe, Process, Queue } from "../../mod.ts";

const MANY = 300;
const LIMIT = 120;

export async function sends(to: Connection | Queue, end: Queue): Promise<void> {
  for (let i = 0; i < 2 * MANY; i++) {
    const queue = new Queue();
    await ("put" in to ? to.put([i, queue]) : to.send([i, queue]));
    queue.close();
  }
  await end.get();
}

async function receive(kind: string): Promise<unknown> {
  const [ours, theirs] = kind === "pipe" ? Pipe(false) : [new Queue(1), undefined];
  const end = new Queue();
  const child = new Process({ target: sends, args: [theirs ?? ours, end] });
  await child.start();
  spawnSync("prlimit", [`--pid=${process.pid}`, `--nofile=${LIMIT}:${LIMIT}`]);
  const next = async (): Promise<unknown> => {
    // An object that was received in this turn of the event loop is not collected.
    await new Promise((resolve) => setTimeout(resolve, 0));
    return "get" in ours ? ours.get({ timeout: 20_000 }) : ours.recv({ timeout: 20_000 });
  };
  const numbers: unknown[] = [];
  for (let i = 0; i < MANY; i++) numbers.push(((await next()) as [number, Queue])[0]);
  const kept: unknown[] = [];
  let message: string | null = null;
  while (message === null)
    await next().then(
      (item) => kept.push(item),
      (error: Error) => {
        message = error.message;
      },
    );
  for (const item of kept) (item as [number, Queue])[1].close();
  const later = ((await next()) as [number, Queue])[0];
  child.kill();
  await child.join();
  return { inOrder: numbers.every((number, i) => number === i), kept: kept.length, message, lost: later - MANY - kept.length };
}

if (isMain(import.meta)) console.log(JSON.stringify(await receive(process.argv[2] ?? "pipe")));
