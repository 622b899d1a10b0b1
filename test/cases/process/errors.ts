import assert from "node:assert/strict";
import { RemoteError, SerializationError, StateError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { rejects, started } from "../../suite/help.ts";
import { stay } from "../../suite/sync.ts";
import { textOf } from "./helpers.ts";

// It is not imported here, so that this process does not register its classes.
const registers = new URL(import.meta.url.replace(/errors(\.\w+)$/, "registers$1"));

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
    const sent = (await rejects(q.result(), Error, /with a function/)) as Error & { fn: unknown };
    assert.equal(Object.getPrototypeOf(sent), Error.prototype);
    assert.match(String(sent.fn), /^\[can't travel: it is a function/);
    assert.equal(await q.join(), 1);
    const s = await started({ target: throwString, stderr: "null" });
    assert.equal(await s.result().catch((thrown: unknown) => thrown), "just a string");
    assert.equal(await s.join(), 1);
  }),
  "an error with all kinds of parts that can't travel loses those alone": slow(async () => {
    const p = await started({ target: { module: registers, name: "throwsWithEverything" }, stderr: "null" });
    const error = (await rejects(p.result(), TypeError, /^with everything$/)) as Error & Record<string, unknown>;
    assert.equal(error.code, "E_ALL");
    assert.match(String(error.stack), /throwsWithEverything/);
    assert.ok(error.cause instanceof RangeError);
    const texts = [error.closed, error.fn, error.bad, (error.cause as Error & Record<string, unknown>).server].map(String);
    for (const [i, part] of [/closed in the sender/, /a function/, /from the getter/, /Server/].entries()) {
      assert.match(texts[i] ?? "", /^\[can't travel: /);
      assert.match(texts[i] ?? "", part);
    }
    assert.equal(await p.join(), 1);
  }),
  "an error of a class that only the child has registered is a RemoteError with all its fields": slow(async () => {
    const p = await started({ target: { module: registers, name: "throwsOnlyInChild" }, stderr: "null" });
    const error = (await rejects(p.result(), RemoteError, /^not known there$/)) as RemoteError & Record<string, unknown>;
    assert.deepEqual([error.remoteName, error.status, error.after], ["OnlyInChild", 418, { a: 1 }]);
    assert.equal(error.again, error.after);
    assert.match(String(error.stack), /throwsOnlyInChild/);
    assert.match(String(error.price), /^\[can't travel: it has an instance of "Price", which is not registered here/);
    assert.match(String(error.money), /"Money"/);
    assert.equal(await p.join(), 1);
  }),
  "what is thrown and is no error, or throws when it is read": slow(async () => {
    const thrown = async (name: string): Promise<unknown> => {
      const p = await started({ target: { module: registers, name }, stderr: "pipe" });
      const reason = await p.result().then(
        () => assert.fail("it gave a result"),
        (error: unknown) => error,
      );
      assert.match(await textOf(p.stderr), new RegExp(`^Process ${p.name}:`));
      assert.equal(await p.join(), 1);
      return reason;
    };
    const { reason, list, fn } = (await thrown("throwsNoError")) as { reason: string; list: unknown[]; fn: unknown };
    assert.deepEqual([reason, list[1]], ["no error", 2]);
    assert.match(String(list[0]) + String(fn), /symbol.*function/);
    assert.match(String(await thrown("throwsFunction")), /^\[can't travel: it is a function \(throwsNoError\)/);
    assert.match(String(await thrown("throwsProxy")), /from the trap/);
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
