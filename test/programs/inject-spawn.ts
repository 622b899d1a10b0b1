import assert from "node:assert/strict";
import { isMain, Process } from "../../mod.ts";
import { childFlags, report } from "./inject-gate.ts";

export function add(a: number, b: number): number {
  return a + b;
}

if (isMain(import.meta)) {
  await report(async () => {
    const child = new Process({ target: add, args: [2, 3], startTimeout: 8000, execArgv: childFlags() });
    await child.start();
    assert.equal(await child.result(), 5);
    await child.join();
    child.close();
  });
}
