// Makes and drops more objects than this process may have files, without closing them. Then it keeps so many that none can be made.
import { Lock, Pipe, Process, Queue } from "../../mod.ts";

const MANY = 400;

export function answer(n: number): number {
  return n;
}

async function attempt(make: () => unknown): Promise<string | null> {
  // An object that was made in this turn of the event loop is not collected.
  await new Promise((resolve) => setTimeout(resolve, 0));
  try {
    await make();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

async function start(): Promise<number> {
  const child = new Process({ target: answer, args: [7] });
  await child.start();
  const result = await child.result();
  await child.join();
  child.close();
  return result;
}

if (import.meta.main) {
  await start();
  const dropped: (string | null)[] = [];
  for (let i = 0; i < MANY; i++) dropped.push(await attempt(() => void (i % 2 === 0 ? new Queue() : Pipe())));
  const started = await attempt(start);
  const kept: unknown[] = [];
  let message: string | null = null;
  while (message === null) message = await attempt(() => kept.push(kept.length % 3 === 0 ? new Lock() : new Queue()));
  const unstarted = await attempt(start);
  for (const object of kept) (object as Queue).close();
  const later = await attempt(start);
  console.log(JSON.stringify({ dropped: dropped.filter((each) => each !== null), started, kept: kept.length, message, unstarted, later }));
}
