import { setTimeout as delay } from "node:timers/promises";
import { type Connection, isMain, Queue } from "../mod.ts";
import { kill, start, stay } from "./children.ts";
import { named, observe } from "./observe.ts";

const SIZE = 50e6;
const PRODUCERS = 5;

type Item = Uint8Array | string;

export async function produce(queue: Queue<Item>, sender: Connection): Promise<void> {
  const item = new Uint8Array(SIZE).fill(1);
  await sender.send("putting");
  await queue.put(item);
  await sender.send("put");
  await stay();
}

/** How long a whole put takes, in milliseconds. */
async function measurePut(queue: Queue<Item>): Promise<number> {
  const producer = await start(produce, queue);
  const begun = performance.now();
  await producer.receiver.recv();
  const ms = performance.now() - begun;
  await queue.get();
  await kill(producer);
  return ms;
}

/** Kills producers at moments spread over their put, until {@link PRODUCERS} were killed before it settled. */
async function killInPut(queue: Queue<Item>): Promise<void> {
  const ms = await measurePut(queue);
  for (let killed = 0; killed < PRODUCERS; ) {
    const producer = await start(produce, queue);
    await delay((ms * (killed + 0.5)) / PRODUCERS);
    await kill(producer);
    const settled = await producer.receiver.recv().then(
      () => true,
      () => false,
    );
    if (settled) await queue.get();
    else killed++;
  }
}

if (isMain(import.meta)) {
  const queue = new Queue<Item>();
  await killInPut(queue);
  const begun = performance.now();
  const outcome = await queue.get({ timeout: 3000 }).then((item) => (item.length === SIZE ? "the whole item" : "part of an item"), named);
  await queue.put("next", { timeout: 3000 });
  const next = await queue.get({ timeout: 3000 });
  observe(
    `${outcome}; then the next item ${next === "next" ? "comes" : "does not come"}`,
    begun,
    next === "next" && outcome !== "part of an item",
  );
}
