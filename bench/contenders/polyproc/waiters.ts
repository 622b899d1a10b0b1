// Microseconds of a round trip through a queue at which many processes wait. Any of them may take the item.
import { isMain, Process, Queue } from "../../../mod.ts";
import { report, roundTrip } from "../measure.ts";
import { settings } from "../settings.ts";

type Item = number | null;

export async function echo(there: Queue<Item>, back: Queue<Item>): Promise<void> {
  await back.put(0);
  for (let item = await there.get(); item !== null; item = await there.get()) await back.put(item);
}

if (isMain(import.meta)) {
  const { waiters, ms } = settings({ waiters: 1, ms: 1000 });
  const [there, back] = [new Queue<Item>(), new Queue<Item>()];
  const children = Array.from({ length: waiters }, () => new Process({ target: echo, args: [there, back] }));
  for (const child of children) await child.start();
  for (const _ of children) await back.get();
  const once = async (): Promise<void> => {
    await there.put(1);
    await back.get();
  };
  report(await roundTrip(once, { ms, pause: 0, samples: 0 }));
  for (const _ of children) await there.put(null);
  for (const child of children) await child.join();
}
