import assert from "node:assert/strict";
import { isMain, Process, Queue } from "../../mod.ts";
import { childFlags, report } from "./inject-gate.ts";

export async function double(input: Queue<number>, output: Queue<number>): Promise<void> {
  for await (const item of input) await output.put(2 * item);
}

if (isMain(import.meta)) {
  await report(async () => {
    const [input, output] = [new Queue<number>(2), new Queue<number>()];
    const child = new Process({ target: double, args: [input, output], startTimeout: 8000, execArgv: childFlags() });
    await child.start();
    // Only the child puts items. So when the child has ended, the waits below must end too.
    const childEnded = new AbortController();
    child.result().catch((error: unknown) => childEnded.abort(error));
    const { signal } = childEnded;
    for (let i = 0; i < 20; i++) {
      await input.put(i, { signal });
      await input.put(i, { signal });
      assert.deepEqual([await output.get({ signal }), await output.get({ signal })], [2 * i, 2 * i]);
    }
    await input.shutdown();
    await child.result();
    await child.join();
  });
}
