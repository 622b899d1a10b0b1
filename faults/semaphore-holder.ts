import { type Connection, isMain, Semaphore } from "../mod.ts";
import { kill, start, stay } from "./children.ts";
import { observe } from "./observe.ts";

export async function hold(plain: Semaphore, robust: Semaphore, sender: Connection): Promise<void> {
  await plain.acquire();
  await robust.acquire();
  await sender.send("held");
  await stay();
}

if (isMain(import.meta)) {
  const plain = new Semaphore(1);
  const robust = new Semaphore({ value: 1, robust: true });
  await kill(await start(hold, plain, robust));
  // A plain semaphore keeps the permit of a dead holder, as in Python.
  const asPython = await plain.acquire({ timeout: 2000 });
  const begun = performance.now();
  const acquired = await robust.acquire({ timeout: 2000 });
  observe(
    `${asPython ? "acquired" : "not acquired in 2 s"}; with \`robust\`: ${acquired ? "acquired" : "not acquired"}`,
    begun,
    acquired && !asPython,
  );
}
