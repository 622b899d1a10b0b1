import assert from "node:assert/strict";
import { RemoteError, SerializationError, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { textOf } from "./helpers.ts";

export class Failing extends TypeError {
  readonly detail: { deep: number[] };
  constructor(message: string, deep: number[]) {
    super(message, { cause: new RangeError("the cause") });
    this.detail = { deep };
  }
}

export function throwRangeError(): never {
  throw Object.assign(new RangeError("out of range", { cause: new TypeError("inner") }), { extra: [1, 2] });
}

export function throwUnknown(): never {
  throw new Failing("of a class of its own", [1]);
}

export function throwString(): never {
  throw "just a string";
}

export function throwUnsendable(): never {
  throw Object.assign(new Error("with a function"), { fn: () => 1 });
}

export function throwLater(): Promise<void> {
  setTimeout(() => {
    throw new Error("in a timer");
  }, 10);
  return stay();
}

export function rejectLater(): Promise<void> {
  setTimeout(() => void Promise.reject(new Error("nobody caught it")), 10);
  return stay();
}

export function unsendable(): unknown {
  return { at: [() => 1] };
}

export async function neverSettles(): Promise<void> {
  await new Promise(() => {});
}

export const cases: Cases = {
  "an uncaught error: class, fields, cause, stack, exit code 1, text on stderr (test_stderr_flush)": async () => {
    const p = await started({ target: throwRangeError, stderr: "pipe" });
    const error = (await rejects(p.result(), RangeError, /out of range/)) as RangeError & { extra: number[]; remote: unknown };
    assert.deepEqual(error.extra, [1, 2]);
    assert.ok(error.cause instanceof TypeError && error.cause.message === "inner");
    assert.match(String(error.stack), /throwRangeError/);
    assert.deepEqual(error.remote, { pid: p.pid, name: p.name, runtime: (error.remote as { runtime: string }).runtime });
    assert.equal(await p.join(), 1);
    const text = await textOf(p.stderr);
    assert.match(text, new RegExp(`^Process ${p.name}:`));
    assert.match(text, /RangeError/);
    assert.match(text, /errors\.[tj]s/);
  },
  "errors of unknown classes, with fields that can't travel, and what is no error": slow(async () => {
    const p = await started({ target: throwUnknown, stderr: "null" });
    const error = (await rejects(p.result(), RemoteError, /of its own/)) as RemoteError & { detail: unknown };
    assert.equal(error.remoteName, "Failing");
    assert.deepEqual(error.detail, { deep: [1] });
    assert.ok(error.cause instanceof RangeError);
    await p.join();
    const q = await started({ target: throwUnsendable, stderr: "null" });
    await rejects(q.result(), RemoteError, /with a function/);
    assert.equal(await q.join(), 1);
    const s = await started({ target: throwString, stderr: "null" });
    assert.equal(await s.result().catch((thrown: unknown) => thrown), "just a string");
    assert.equal(await s.join(), 1);
  }),
  "errors outside the target end the child too": async () => {
    for (const [target, message] of [
      [throwLater, /in a timer/],
      [rejectLater, /nobody caught it/],
    ] as const) {
      const p = await started({ target, stderr: "null" });
      await rejects(p.result(), Error, message);
      assert.equal(await p.join(), 1);
    }
  },
  "a result that can't travel: SerializationError, exit code 0": async () => {
    const p = await started({ target: unsendable });
    await rejects(p.result(), SerializationError, /value\.at\[0\]/);
    assert.equal(await p.join(), 0);
  },
  "a target that can never settle is an uncaught error": async () => {
    const p = await started({ target: neverSettles, stderr: "pipe" });
    await rejects(p.result(), StateError, /never/);
    assert.equal(await p.join(), 1);
  },
};
