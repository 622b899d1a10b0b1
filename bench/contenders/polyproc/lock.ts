// Microseconds of one hand-over of a lock between two processes. Each waits for the lock that the other releases.
import { isMain, Lock, Process } from "../../../mod.ts";
import { rate, report } from "../measure.ts";
import { settings } from "../settings.ts";

export async function take(mine: Lock, theirs: Lock): Promise<void> {
  for (;;) {
    await mine.acquire();
    await theirs.release();
  }
}

export async function takeSync(mine: Lock, theirs: Lock): Promise<void> {
  for (;;) {
    mine.acquireSync();
    await theirs.release();
  }
}

if (isMain(import.meta)) {
  const { calls, ms } = settings({ calls: "async", ms: 1000 });
  const [mine, theirs] = [new Lock(), new Lock()];
  await mine.acquire();
  await theirs.acquire();
  const isSync = calls === "sync";
  const child = new Process({ target: isSync ? takeSync : take, args: [theirs, mine] });
  await child.start();
  const pass = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) {
      await theirs.release();
      if (isSync) mine.acquireSync();
      else await mine.acquire();
    }
    return 2 * count;
  };
  report(1e6 / (await rate(pass, ms)));
  child.kill();
  await child.join();
}
