// Makes 99 queues, and three children that wait for each other, then prints its pid. With the argument "block" the children block.
import { isMain, Queue } from "../../mod.ts";
import { inCircle } from "../cases/ps/look.ts";
import { stay } from "../suite/sync.ts";

if (isMain(import.meta)) {
  const queues = Array.from({ length: 99 }, () => new Queue());
  await inCircle(process.argv[2] === "block", async () => {
    console.log(`"${process.pid}"`);
    await stay();
  });
  for (const queue of queues) queue.close();
}
