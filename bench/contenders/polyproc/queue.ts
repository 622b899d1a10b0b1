// Items a second through a queue, from some processes to others. This process only controls them.
import { type Connection, isMain, Pipe, Process, Queue } from "../../../mod.ts";
import { items, rate, report } from "../measure.ts";
import { settings } from "../settings.ts";

type Control = Connection<number>;

/** Puts the items of each pass, with `pending` puts at the same time. */
export async function produce(control: Control, queue: Queue<unknown>, pending: number, bytes: number): Promise<void> {
  const item = items(bytes);
  const putMany = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await queue.put(item(i));
  };
  for await (const count of control) {
    await Promise.all(Array.from({ length: pending }, () => putMany(count / pending)));
    await control.send(count);
  }
}

/** Takes the items of each pass, with `pending` gets at the same time. */
export async function consume(control: Control, queue: Queue<unknown>, pending: number): Promise<void> {
  const getMany = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await queue.get();
  };
  for await (const count of control) {
    await Promise.all(Array.from({ length: pending }, () => getMany(count / pending)));
    await control.send(count);
  }
}

if (isMain(import.meta)) {
  const { producers, consumers, bytes, maxsize, puts, gets, ms } = settings({
    producers: 1,
    consumers: 1,
    bytes: 0,
    maxsize: 0,
    puts: 1,
    gets: 1,
    ms: 1000,
  });
  const queue = new Queue<unknown>(maxsize);
  const start = async (target: typeof produce, pending: number): Promise<{ control: Control; join(): Promise<unknown> }> => {
    const [control, theirs] = Pipe<number>();
    const process = new Process({ target, args: [theirs, queue, pending, bytes], transfer: [theirs] });
    await process.start();
    return { control, join: () => process.join() };
  };
  const consuming = await Promise.all(Array.from({ length: consumers }, () => start(consume, gets)));
  const producing = await Promise.all(Array.from({ length: producers }, () => start(produce, puts)));
  const all = [...consuming, ...producing];
  // A pass must divide evenly among all puts and gets.
  const unit = producers * puts * consumers * gets;
  const pass = async (wanted: number): Promise<number> => {
    const count = Math.ceil(wanted / unit) * unit;
    for (const { control } of consuming) await control.send(count / consumers);
    for (const { control } of producing) await control.send(count / producers);
    for (const { control } of all) await control.recv();
    return count;
  };
  report(await rate(pass, ms, bytes > 100_000 ? 4 : 64));
  for (const { control } of all) control.close();
  for (const { join } of all) await join();
}
