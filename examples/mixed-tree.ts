// One queue in three runtimes: the parent's, and a child on each. The programs "node", "deno" and "bun" must be on PATH.
import { isMain, Process, Queue } from "../mod.ts";

const RUNTIMES = ["node", "deno", "bun"] as const;

interface Task {
  readonly n: bigint;
  readonly at: Date;
  readonly tags: Map<string, Set<number>>;
}

export async function answer(tasks: Queue<Task>, answers: Queue<string>): Promise<void> {
  const { n, at, tags } = await tasks.get();
  const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
  await answers.put(`${runtime}: ${n ** 2n}, ${at.getUTCFullYear()}, ${[...(tags.get("primes") ?? [])].join(" ")}`);
}

if (isMain(import.meta)) {
  const tasks = new Queue<Task>();
  const answers = new Queue<string>();
  const children = RUNTIMES.map((runtime) => new Process({ target: answer, args: [tasks, answers], runtime }));
  for (const child of children) await child.start();
  for (const _ of children) await tasks.put({ n: 2n ** 40n, at: new Date(0), tags: new Map([["primes", new Set([2, 3, 5])]]) });
  for (const child of children) await child.join();
  const lines: string[] = [];
  while (!(await answers.empty())) lines.push(await answers.get());
  console.log(lines.sort().join("\n"));
}
