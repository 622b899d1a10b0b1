import { Barrier, type Connection, isMain, Pipe, Process } from "../mod.ts";
import { named, observe } from "./observe.ts";

export async function party(barrier: Barrier, tell: Connection): Promise<void> {
  await tell.send("coming");
  await tell.send(await passed(barrier));
}

function passed(barrier: Barrier): Promise<string> {
  return barrier.wait().then(() => "passed", named);
}

async function started(barrier: Barrier): Promise<{ child: Process<[Barrier, Connection], void>; told: Connection }> {
  const [told, tell] = Pipe(false);
  const child = new Process({ target: party, args: [barrier, tell] });
  await child.start();
  await told.recv();
  return { child, told };
}

if (isMain(import.meta)) {
  const barrier = new Barrier(3);
  const { child: victim } = await started(barrier);
  const { told } = await started(barrier);
  // Both wait by then.
  await new Promise((resolve) => setTimeout(resolve, 500));
  victim.kill();
  await victim.join();
  const begun = performance.now();
  const limit = setTimeout(() => observe("the others still wait", begun, false), 8000);
  const answers = await Promise.all([told.recv(), passed(barrier)]);
  clearTimeout(limit);
  observe(
    `the others: ${[...new Set(answers)].join(", ")}`,
    begun,
    answers.every((answer) => answer === "`BrokenBarrierError`"),
  );
}
