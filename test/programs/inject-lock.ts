import assert from "node:assert/strict";
import * as polyproc from "../../mod.ts";
import { childFlags, report } from "./inject-gate.ts";

interface Lock {
  acquire(options?: { timeout?: number }): Promise<boolean>;
  release(): Promise<void>;
}

export async function turns(lock: Lock): Promise<number> {
  for (let i = 0; i < 10; i++) {
    assert.equal(await lock.acquire(), true);
    await lock.release();
  }
  return 10;
}

if (polyproc.isMain(import.meta)) {
  const { Lock } = polyproc as unknown as { Lock?: new () => Lock };
  if (Lock === undefined) {
    console.log(JSON.stringify({ outcome: "skipped" }));
    process.exit(0);
  }
  await report(async () => {
    const lock = new Lock();
    const child = new polyproc.Process({ target: turns, args: [lock], startTimeout: 8000, execArgv: childFlags() });
    await child.start();
    assert.equal(await turns(lock), 10);
    assert.equal(await child.result(), 10);
    await child.join();
  });
}
