// Two consumers take items from a bounded queue. join() waits until every item is marked as done.
import { isMain, JoinableQueue, Process } from "../mod.ts";

export async function consume(tasks: JoinableQueue<number>, squares: JoinableQueue<number>): Promise<void> {
  for await (const n of tasks) {
    await squares.put(n * n);
    await tasks.taskDone();
  }
}

if (isMain(import.meta)) {
  const tasks = new JoinableQueue<number>({ maxsize: 4 });
  const squares = new JoinableQueue<number>();
  const consumers = [1, 2].map((i) => new Process({ target: consume, args: [tasks, squares], name: `consumer-${i}` }));
  for (const consumer of consumers) await consumer.start();
  for (let n = 1; n <= 10; n++) await tasks.put(n);
  await tasks.join();
  await tasks.shutdown();
  for (const consumer of consumers) console.log(`${consumer.name} ended with ${await consumer.join()}`);
  let sum = 0;
  while (!(await squares.empty())) sum += await squares.get();
  console.log(`the sum of the squares is ${sum}`);
}
