import assert from "node:assert/strict";
import { isMain, Process, Queue } from "../../mod.ts";
import { childFlags, under } from "./inject-gate.ts";

export async function double(input: Queue<number>, output: Queue<number>): Promise<void> {
  for await (const item of input) await output.put(2 * item);
}

if (isMain(import.meta)) {
  await under(async () => {
    const [input, output] = [new Queue<number>(2), new Queue<number>()];
    const child = new Process({ target: double, args: [input, output], startTimeout: 8000, execArgv: childFlags() });
    await child.start();
    // Nobody else may ever put once the child is gone.
    const gone = new AbortController();
    child.result().catch((error: unknown) => gone.abort(error));
    const { signal } = gone;
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
