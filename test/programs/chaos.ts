// A tree of processes with objects of several owners, busy for three seconds. `npm run chaos` kills its processes.
import { isMain, Process, ProcessError, Queue } from "../../mod.ts";

export async function worker(input: Queue<number>, output: Queue<Queue<number>>): Promise<void> {
  const own = new Queue<number>();
  await output.put(own);
  for (;;) await own.put(await input.get());
}

export async function manager(input: Queue<number>, output: Queue<Queue<number>>): Promise<void> {
  for (let i = 0; i < 2; i++) await new Process({ target: worker, args: [input, output], daemon: i === 0 }).start();
  for (;;) await input.put(1);
}

if (isMain(import.meta)) {
  const input = new Queue<number>(10);
  const output = new Queue<Queue<number>>();
  setTimeout(() => process.exit(0), 3000);
  for (let i = 0; i < 2; i++) await new Process({ target: manager, args: [input, output], stderr: "null" }).start();
  for await (const queue of output) {
    void (async () => {
      for (;;) await queue.get();
    })().catch((error: unknown) => {
      if (!(error instanceof ProcessError)) throw error;
    });
  }
}
