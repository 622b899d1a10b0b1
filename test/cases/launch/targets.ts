import assert from "node:assert/strict";
import { activeChildren, Pipe, Process, StateError, TimeoutError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";
import { fixture } from "./helpers.ts";

export const arrow = (n: number): number => n + 1;

export default function byDefault(n: number): number {
  return n + 2;
}

export function blocks(ms: number): string {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return "done";
}

export const cases: Cases = {
  "all forms of targets": slow(async () => {
    assert.equal(await run({ target: arrow, args: [1] }), 2);
    assert.equal(await run({ target: byDefault, args: [1] }), 3);
    assert.equal(await run({ target: new URL(import.meta.url), args: [1] }), 3);
    assert.equal(await run({ target: { module: import.meta.url, name: "arrow" }, args: [1] }), 2);
    assert.equal(await run({ target: { module: new URL(import.meta.url) }, args: [1] }), 3);
    assert.equal(await run({}), undefined);
  }),
  "a closure, a lambda, a bound and a built-in function are refused with advice": async () => {
    const closure = (): number => 1;
    for (const target of [closure, () => 2, arrow.bind(null, 1), Math.max as never]) {
      const p = new Process({ target });
      await rejects(p.start(), StateError, /export/i);
      assert.equal(p.pid, null);
    }
    assert.equal(activeChildren().length, 0);
  },
  "a missing module, a missing export, an export that is no function": slow(async () => {
    for (const [target, message] of [
      [new URL("./not-there.ts", import.meta.url), /not-there/],
      [{ module: import.meta.url, name: "nobody" }, /no export "nobody"/],
      [{ module: import.meta.url, name: "cases" }, /must be a function/],
    ] as const) {
      const p = await started({ target, stderr: "pipe" });
      await rejects(p.result({ timeout: 20_000 }), Error, message);
      assert.equal(await p.join(), 1);
    }
  }),
  "an import that throws": async () => {
    const p = await started({ target: fixture("import-throws"), stderr: "pipe" });
    await rejects(p.result(), RangeError, /thrown at import/);
    assert.equal(await p.join(), 1);
  },
  "an import that never ends: startTimeout": slow(async () => {
    const p = await started({ target: fixture("import-never-ends"), startTimeout: 700 });
    await rejects(p.result(), TimeoutError, /700 ms/);
    assert.equal(await p.join(), -9);
  }),
  "a target that blocks its event loop for longer than startTimeout has started": slow(async () => {
    assert.equal(await run({ target: blocks, args: [2600], startTimeout: 2500 }), "done");
  }),
  "a start while a child imports its module is refused (test_noforkbomb)": async () => {
    const p = await started({ target: fixture("starts-at-import"), stderr: "null" });
    await rejects(p.result(), StateError, /import\.meta\.main/);
    assert.equal(await p.join(), 1);
  },
  "a module whose URL has a query": async () => {
    const module = `${fixture("module-url")}?n=%411`;
    assert.equal(await run({ target: { module, name: "moduleUrl" } }), module);
  },
  "a pipe to a process whose target is given by module": async () => {
    const [a, b] = Pipe<string>();
    const p = await started({ target: { module: fixture("talks"), name: "talk" }, args: [b], transfer: [b] });
    assert.equal(await a.recv(), "hello");
    await p.join();
  },
};
