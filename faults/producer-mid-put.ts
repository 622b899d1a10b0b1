import { type Connection, Empty, isMain, Pipe, Process, Queue } from "../mod.ts";
import { named, observe, stay } from "./observe.ts";

const SIZE = 50e6;
const PRODUCERS = 5;

type Item = Uint8Array | string;

export async function produce(queue: Queue<Item>, tell: Connection): Promise<void> {
  const item = new Uint8Array(SIZE).fill(1);
  await tell.send("putting");
  await queue.put(item);
  await tell.send("put");
  await stay();
}

async function started(queue: Queue<Item>): Promise<{ producer: Process<[Queue<Item>, Connection], void>; told: Connection }> {
  const [told, tell] = Pipe(false);
  const producer = new Process({ target: produce, args: [queue, tell], transfer: [tell] });
  await producer.start();
  await told.recv();
  return { producer, told };
}

async function end(producer: Process<[Queue<Item>, Connection], void>): Promise<void> {
  producer.kill();
  await producer.join();
}

/** How long a whole put takes, in ms. */
async function putTime(queue: Queue<Item>): Promise<number> {
  const { producer, told } = await started(queue);
  const begun = performance.now();
  await told.recv();
  const time = performance.now() - begun;
  await queue.get();
  await end(producer);
  return time;
}

/** Kills producers at moments spread over their put, until so many had not ended it. */
async function killInPut(queue: Queue<Item>): Promise<void> {
  const time = await putTime(queue);
  for (let killed = 0; killed < PRODUCERS; ) {
    const { producer, told } = await started(queue);
    await new Promise((resolve) => setTimeout(resolve, (time * (killed + 0.5)) / PRODUCERS));
    await end(producer);
    const settled = await told.recv().then(
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
  const answer = await queue.get({ timeout: 3000 }).then(
    (item) => (item.length === SIZE ? "the whole item" : "part of an item"),
    (error: unknown) => (error instanceof Empty ? "`Empty`" : named(error)),
  );
  await queue.put("next", { timeout: 3000 });
  const next = await queue.get({ timeout: 3000 });
  observe(
    `${answer}; then the next item ${next === "next" ? "comes" : "does not come"}`,
    begun,
    next === "next" && answer !== "part of an item",
  );
}
