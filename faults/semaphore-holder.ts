import { type Connection, isMain, Pipe, Process, Semaphore } from "../mod.ts";
import { observe, stay } from "./observe.ts";

export async function hold(plain: Semaphore, robust: Semaphore, tell: Connection): Promise<void> {
  await plain.acquire();
  await robust.acquire();
  await tell.send("held");
  await stay();
}

if (isMain(import.meta)) {
  const plain = new Semaphore(1);
  const robust = new Semaphore({ value: 1, robust: true });
  const [told, tell] = Pipe(false);
  const holder = new Process({ target: hold, args: [plain, robust, tell] });
  await holder.start();
  await told.recv();
  holder.kill();
  await holder.join();
  const asPython = await plain.acquire({ timeout: 2000 });
  const begun = performance.now();
  const acquired = await robust.acquire({ timeout: 2000 });
  observe(
    `${asPython ? "acquired" : "not acquired in 2 s"}; with \`robust\`: ${acquired ? "acquired" : "not acquired"}`,
    begun,
    acquired && !asPython,
  );
}
