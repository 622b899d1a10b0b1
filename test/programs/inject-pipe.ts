import assert from "node:assert/strict";
import { type Connection, isMain, Pipe, Process } from "../../mod.ts";
import { childFlags, report } from "./inject-gate.ts";

export async function echo(end: Connection): Promise<void> {
  for await (const value of end) await end.send(value);
}

if (isMain(import.meta)) {
  await report(async () => {
    const [ours, theirs] = Pipe();
    const child = new Process({ target: echo, args: [theirs], transfer: [theirs], startTimeout: 8000, execArgv: childFlags() });
    await child.start();
    for (const value of ["text", "x".repeat(100_000), { n: 1 }]) {
      await ours.send(value);
      assert.deepEqual(await ours.recv(), value);
    }
    ours.close();
    await child.result();
    await child.join();
  });
}
