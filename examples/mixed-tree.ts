// One queue that three runtimes share: the parent starts a child on Node, on Deno and on Bun. The programs "node", "deno" and "bun" must be
// on PATH.
import { isMain, Process, Queue } from "../mod.ts";

const RUNTIMES = ["node", "deno", "bun"] as const;

interface Task {
  readonly n: bigint;
  readonly at: Date;
  readonly tags: Map<string, Set<number>>;
}

export async function work(tasks: Queue<Task>, results: Queue<string>): Promise<void> {
  const { n, at, tags } = await tasks.get();
  const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
  await results.put(`${runtime}: ${n ** 2n}, ${at.getUTCFullYear()}, ${[...(tags.get("primes") ?? [])].join(" ")}`);
}

if (isMain(import.meta)) {
  const tasks = new Queue<Task>();
  const results = new Queue<string>();
  const children = RUNTIMES.map((runtime) => new Process({ target: work, args: [tasks, results], runtime }));
  for (const child of children) await child.start();
  for (const _ of children) await tasks.put({ n: 2n ** 40n, at: new Date(0), tags: new Map([["primes", new Set([2, 3, 5])]]) });
  for (const child of children) await child.join();
  const lines: string[] = [];
  while (!(await results.empty())) lines.push(await results.get());
  console.log(lines.sort().join("\n"));
}
