// Runs on Deno with modules from a URL, uses a bit of everything and ends by itself. Its last argument is "METHOD" or "METHOD waits".
import { type Connection, capabilities, getContext, isMain, type Lock, ProcessDiedError, type Queue, type StartMethod } from "../../mod.ts";

const SOON = { timeout: 10_000 };

export async function work(queue: Queue<string>, end: Connection, lock: Lock): Promise<string> {
  await lock.acquire();
  await queue.put(`got ${await end.recv()}`);
  await end.send("through the pipe");
  await lock.release();
  return import.meta.url;
}

/** Blocks its event loop, so that only its watcher can end it. */
export async function spin(queue: Queue<string>): Promise<void> {
  await queue.put("spins");
  for (;;);
}

async function uses(method: StartMethod): Promise<unknown> {
  const { Lock, Pipe, Process, Queue } = getContext(method);
  const [queue, lock, [ours, theirs]] = [new Queue<string>(), new Lock(), Pipe()];
  const child = new Process({ target: work, args: [queue, theirs, lock] });
  await child.start();
  await ours.send("what was sent");
  const heard = [await queue.get(SOON), await ours.recv(SOON)];
  const result = await child.result();
  await child.join();
  const killed = new Process({ target: spin, args: [queue] });
  await killed.start();
  await queue.get(SOON);
  killed.kill();
  await killed.join();
  const died = await killed.result().catch((error: unknown) => error instanceof ProcessDiedError && error.signal);
  return { heard, module: result === import.meta.url, died, free: await lock.acquire(), reason: capabilities().reason };
}

async function waits(method: StartMethod): Promise<never> {
  const { Process, Queue } = getContext(method);
  const queue = new Queue<string>();
  // With start method "forkserver", the second child may be a spare process.
  for (let i = 0; i < 2; i++) {
    await new Process({ target: spin, args: [queue] }).start();
    await queue.get(SOON);
  }
  console.log(JSON.stringify("children spin"));
  return new Promise(() => setInterval(() => {}, 1000));
}

if (isMain(import.meta)) {
  const [method = "", how] = (process.argv.at(-1) ?? "").split(" ");
  if (how === "waits") await waits(method as StartMethod);
  console.log(JSON.stringify(await uses(method as StartMethod)));
}
