import assert from "node:assert/strict";
import {
  activeChildren,
  getContext,
  Process,
  type ProcessOptions,
  SerializationError,
  StateError,
  UnsupportedError,
} from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, run, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { echoArgs } from "./helpers.ts";

export async function writeGarbage(): Promise<string> {
  const { writeSync } = await import("node:fs");
  try {
    for (let i = 0; i < 20; i++) writeSync(0, "garbage ".repeat(100));
  } catch {
    // This runtime's channel can't be written to.
  }
  return "went on";
}

export const cases: Cases = {
  "a child that writes garbage on its channel does no harm": async () => {
    assert.equal(await run({ target: writeGarbage }), "went on");
    assert.deepEqual(await run({ target: echoArgs, args: [1] }), [1]);
  },
  "bad options": async () => {
    const bad = (options: unknown): Process => new Process(options as ProcessOptions<unknown[], unknown>);
    for (const options of [
      5,
      "x",
      null,
      { target: 5 },
      { target: {} },
      { target: "work" },
      { target: { module: "./x.ts" } },
      { target: { module: 5 } },
    ])
      assert.throws(() => bad(options), TypeError, JSON.stringify(options));
    for (const options of [
      { args: "abc" },
      { args: 5 },
      { args: null },
      { kwargs: 5 },
      { name: 5 },
      { daemon: 1 },
      { detached: "x" },
      { execArgv: "x" },
      { env: 5 },
      { cwd: 5 },
      { stdout: "x" },
      { stderr: 1 },
      { runtime: 5 },
      { runtime: {} },
      { transfer: 5 },
      { transfer: [{ close: 1 }] },
      { startTimeout: "1" },
      { startTimeout: Number.NaN },
    ]) {
      assert.throws(() => bad({ target: stay, ...options }), TypeError, JSON.stringify(options));
    }
    assert.throws(() => bad({ target: stay, runtime: "python" }), RangeError);
    const PortableProcess = getContext("spawn", { backend: "portable" }).Process;
    assert.throws(() => new PortableProcess({ target: stay, limits: { memory: 1 } }), UnsupportedError);
  },
  "arguments that can't travel: the path is named, and the process can still be started": async () => {
    const p = new Process({ target: echoArgs, args: [1, { handlers: { onEnd: () => 1 } }] });
    await rejects(p.start(), SerializationError, /args\[1\]\.handlers\.onEnd/);
    assert.equal(p.pid, null);
    const q = new Process({ target: echoArgs, args: [], kwargs: { at: Symbol("s") } });
    await rejects(q.start(), SerializationError, /kwargs\.at/);
  },
  "an object to transfer whose close() throws: the call for the result tells it, and the process ends": async () => {
    const transfer = {
      close(): void {
        throw new RangeError("not closed");
      },
    };
    const p = await started({ target: echoArgs, args: [1], transfer: [transfer] });
    await rejects(p.result({ timeout: 10_000 }), RangeError, /not closed/);
    assert.equal(await p.join({ timeout: 10_000 }), 0);
  },
  "a program or working directory that does not exist is an error": async () => {
    const p = new Process({ target: stay, runtime: { execPath: "/nowhere/runtime" } });
    await rejects(p.start(), Error, /\/nowhere\/runtime/);
    const q = new Process({ target: stay, cwd: "/nowhere" });
    await rejects(q.start(), Error, /cwd \/nowhere/);
    const r = new Process({ target: stay, runtime: { execPath: "/etc/passwd" } });
    await rejects(r.start(), Error, /could not be started/);
    assert.equal(activeChildren().length, 0);
  },
  "sync twins are for the native backend": async () => {
    const p = new (getContext("spawn", { backend: "portable" }).Process)({ target: stay });
    assert.throws(() => p.joinSync(), StateError);
    await p.start();
    assert.throws(() => p.joinSync(), UnsupportedError);
    assert.throws(() => p.resultSync(), UnsupportedError);
    p.kill();
    await p.join();
  },
};
