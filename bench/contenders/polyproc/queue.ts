// Items a second through a queue, from some processes to others. This process only controls them.
import { type Connection, isMain, Pipe, Process, Queue } from "../../../mod.ts";
import { items, rate, report } from "../measure.ts";
import { settings } from "../settings.ts";

type Control = Connection<number>;

/** Puts the items of each pass, with `pending` puts at the same time; or, with `many`, so many items at a call. */
export async function produce(control: Control, queue: Queue<unknown>, pending: number, many: number, bytes: number): Promise<void> {
  const item = items(bytes);
  const putEach = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await queue.put(item(i));
  };
  const putMany = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += many) await queue.putMany(Array.from({ length: Math.min(many, count - i) }, (_, k) => item(i + k)));
  };
  const put = many === 0 ? putEach : putMany;
  for await (const count of control) {
    await Promise.all(Array.from({ length: pending }, () => put(count / pending)));
    await control.send(count);
  }
}

/** Takes the items of each pass, with `pending` gets at the same time; or, with `many`, up to so many items at a call. */
export async function consume(control: Control, queue: Queue<unknown>, pending: number, many: number): Promise<void> {
  const getEach = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await queue.get();
  };
  const getMany = async (count: number): Promise<void> => {
    for (let i = 0; i < count; ) i += (await queue.getMany(Math.min(many, count - i))).length;
  };
  const get = many === 0 ? getEach : getMany;
  for await (const count of control) {
    await Promise.all(Array.from({ length: pending }, () => get(count / pending)));
    await control.send(count);
  }
}

if (isMain(import.meta)) {
  const { producers, consumers, bytes, maxsize, puts, gets, many, ms } = settings({
    producers: 1,
    consumers: 1,
    bytes: 0,
    maxsize: 0,
    puts: 1,
    gets: 1,
    many: 0,
    ms: 1000,
  });
  const queue = new Queue<unknown>(maxsize);
  const start = async (target: typeof produce, pending: number): Promise<{ control: Control; join(): Promise<unknown> }> => {
    const [control, theirs] = Pipe<number>();
    const process = new Process({ target, args: [theirs, queue, pending, many, bytes], transfer: [theirs] });
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
