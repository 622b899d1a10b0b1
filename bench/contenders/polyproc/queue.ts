// Items a second through a queue, from some processes to others. This process hosts the queue. It only controls the others, or, with
// --here=producer or --here=consumer, it is one side itself. With --steady=N it prints how fast the slowest of N passes is, compared with their median.
import { type Connection, isMain, Pipe, Process, Queue } from "../../../mod.ts";
import { items, rate, report, slowest } from "../measure.ts";
import { settings } from "../settings.ts";

type Control = Connection<number>;

/** Puts so many items, with `pending` puts at the same time; or, with `many`, so many items at a call. */
async function put(queue: Queue<unknown>, count: number, pending: number, many: number, bytes: number): Promise<void> {
  const item = items(bytes);
  const putEach = async (share: number): Promise<void> => {
    for (let i = 0; i < share; i++) await queue.put(item(i));
  };
  const putMany = async (share: number): Promise<void> => {
    for (let i = 0; i < share; i += many) await queue.putMany(Array.from({ length: Math.min(many, share - i) }, (_, k) => item(i + k)));
  };
  await Promise.all(Array.from({ length: pending }, () => (many === 0 ? putEach : putMany)(count / pending)));
}

/** Takes so many items, with `pending` gets at the same time; or, with `many`, up to so many items at a call. */
async function take(queue: Queue<unknown>, count: number, pending: number, many: number): Promise<void> {
  const getEach = async (share: number): Promise<void> => {
    for (let i = 0; i < share; i++) await queue.get();
  };
  const getMany = async (share: number): Promise<void> => {
    for (let i = 0; i < share; ) i += (await queue.getMany(Math.min(many, share - i))).length;
  };
  await Promise.all(Array.from({ length: pending }, () => (many === 0 ? getEach : getMany)(count / pending)));
}

/** Puts the items of each pass. */
export async function produce(control: Control, queue: Queue<unknown>, pending: number, many: number, bytes: number): Promise<void> {
  for await (const count of control) {
    await put(queue, count, pending, many, bytes);
    await control.send(count);
  }
}

/** Takes the items of each pass. */
export async function consume(control: Control, queue: Queue<unknown>, pending: number, many: number): Promise<void> {
  for await (const count of control) {
    await take(queue, count, pending, many);
    await control.send(count);
  }
}

if (isMain(import.meta)) {
  const { here, producers, consumers, bytes, maxsize, puts, gets, many, steady, ms } = settings({
    here: "none",
    producers: 1,
    consumers: 1,
    bytes: 0,
    maxsize: 0,
    puts: 1,
    gets: 1,
    many: 0,
    steady: 0,
    ms: 1000,
  });
  const queue = new Queue<unknown>(maxsize);
  const start = async (target: typeof produce, pending: number): Promise<{ control: Control; join(): Promise<unknown> }> => {
    const [control, theirs] = Pipe<number>();
    const process = new Process({ target, args: [theirs, queue, pending, many, bytes], transfer: [theirs] });
    await process.start();
    return { control, join: () => process.join() };
  };
  const startSome = (role: string, count: number, target: typeof produce, pending: number) =>
    Promise.all(Array.from({ length: here === role ? 0 : count }, () => start(target, pending)));
  const consuming = await startSome("consumer", consumers, consume, gets);
  const producing = await startSome("producer", producers, produce, puts);
  const all = [...consuming, ...producing];
  // A pass must divide evenly among all puts and gets.
  const unit = producers * puts * consumers * gets;
  const pass = async (wanted: number): Promise<number> => {
    const count = Math.ceil(wanted / unit) * unit;
    for (const { control } of consuming) await control.send(count / consumers);
    for (const { control } of producing) await control.send(count / producers);
    if (here === "producer") await put(queue, count, puts, many, bytes);
    if (here === "consumer") await take(queue, count, gets, many);
    for (const { control } of all) await control.recv();
    return count;
  };
  const perSecond = await rate(pass, ms, bytes > 100_000 ? 4 : 64);
  report(steady === 0 ? perSecond : await slowest(pass, (perSecond * ms) / 1000, steady));
  for (const { control } of all) control.close();
  for (const { join } of all) await join();
}
