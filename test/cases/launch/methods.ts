import assert from "node:assert/strict";
import {
  capabilities,
  getAllStartMethods,
  getContext,
  getStartMethod,
  isMain,
  Process,
  type StartMethod,
  StateError,
  setStartMethod,
  UnsupportedError,
} from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { run, started } from "../../suite/help.ts";
import { endSpares, hello, methodHere } from "./helpers.ts";

export async function methodsOfTree(): Promise<(string | null)[]> {
  const child = new Process({ target: methodHere });
  await child.start();
  const below = await child.result();
  await child.join();
  return [getStartMethod(), below];
}

export function flags(): string[] {
  return process.execArgv;
}

export async function flagsOfTree(): Promise<string[][]> {
  return [process.execArgv, await run({ target: flags })];
}

export function closeStdio(): void {
  process.stdout.destroy();
  process.stderr.destroy();
}

export function amIMain(): boolean {
  return isMain(import.meta);
}

export const cases: Cases = {
  "isMain is false in a child": async () => {
    assert.equal(isMain(import.meta), false);
    assert.equal(await run({ target: amIMain }), false);
  },
  "start methods: names, default, fixed once (test_get_all, test_set_get)": async () => {
    assert.deepEqual(getAllStartMethods(), ["spawn", "forkserver"]);
    setStartMethod(null, { force: true });
    assert.equal(getStartMethod({ allowNone: true }), null);
    assert.equal(getStartMethod(), "spawn");
    assert.throws(() => setStartMethod("forkserver"), StateError);
    assert.throws(() => setStartMethod("fork" as never, { force: true }), UnsupportedError);
    assert.throws(() => setStartMethod("thread" as never, { force: true }), RangeError);
    assert.throws(() => setStartMethod(5 as never, { force: true }), RangeError);
    setStartMethod("spawn", { force: true });
  },
  "contexts know their method and refuse another one (test_context)": slow(async () => {
    for (const method of getAllStartMethods()) {
      const context = getContext(method);
      assert.equal(context.getStartMethod(), method);
      assert.equal(context.getContext(), context);
      assert.equal(getContext(method), context);
      assert.throws(() => context.setStartMethod("spawn"), StateError);
      assert.throws(() => context.setStartMethod(null), StateError);
      const p = new context.Process({ target: methodHere });
      assert.match(p.name, /^Process-/);
      await p.start();
      assert.equal(await p.result(), method);
      assert.equal(await p.join(), 0);
    }
    assert.throws(() => getContext("fork" as StartMethod), UnsupportedError);
    assert.throws(() => getContext("spawn", { backend: "nats" as never }), RangeError);
    assert.equal(getContext("spawn", { backend: "portable" }).getStartMethod(), "spawn");
    endSpares();
  }),
  "a child's children start as it was started": slow(async () => {
    const p = new (getContext("forkserver").Process)({ target: methodsOfTree });
    await p.start();
    assert.deepEqual(await p.result(), ["forkserver", "forkserver"]);
    await p.join();
    endSpares();
  }),
  "objects work across start methods (test_mixed_startmethod)": async () => {
    const q = new (getContext("forkserver").Queue)<string>();
    for (const method of getAllStartMethods()) {
      const p = new (getContext(method).Process)({ target: hello, args: [q, method] });
      await p.start();
      assert.equal(await q.get(), method);
      await p.join();
    }
    endSpares();
  },
  "a child that breaks its own stdio still exits 0 (test_error_on_stdio_flush)": async () => {
    const p = await started({ target: closeStdio });
    assert.equal(await p.join(), 0);
  },
  "capabilities() describes the runtime and the backend": async () => {
    const { runtime, version, backend, reason, ...rest } = capabilities();
    assert.ok(["node", "deno", "bun"].includes(runtime));
    assert.match(version, /^\d+\.\d+/);
    assert.ok(reason.length > 0);
    const { library, ...others } = rest;
    const has = backend === "native";
    assert.match(String(library), has ? /^\/.*polyproc\.node$/ : /^null$/);
    assert.deepEqual(others, { abi: has ? 10 : null, fileno: has, sync: has, sharedMemory: has, limits: has });
  },
  "interpreter flags reach child and grandchild (test_flags)": async () => {
    const [child, grandchild] = await run({ target: flagsOfTree });
    assert.deepEqual(child, process.execArgv);
    assert.deepEqual(grandchild, process.execArgv);
  },
};
