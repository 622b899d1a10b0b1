import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { Pipe, RemoteError, registerClass, SerializationError, StateError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { throughQueue } from "./helpers.ts";

/** Makes a value in a realm of its own, whose classes are not those of this module. */
const foreign = <T = unknown>(source: string): T => runInNewContext(`(${source})`) as T;

export const cases: Cases = {
  "plain data of another realm arrives as data of this one": async () => {
    for (const source of [
      "{ a: 1, b: [1, { c: 2 }] }",
      "new Map([[1, { a: 2 }]])",
      "new Set([1, 'two'])",
      "new Date(5)",
      "/x(?<y>.)/giu",
      "new Uint8Array([1, 2])",
      "new Float64Array([1.5])",
      "new BigInt64Array([1n])",
      "new Uint16Array(new ArrayBuffer(8), 2, 2)",
      "new DataView(new ArrayBuffer(5), 1)",
      "new ArrayBuffer(3)",
      "[1, , 3]",
      "new Number(5)",
      "new String('text')",
      "new Boolean(false)",
      "Object(5n)",
    ]) {
      const value = foreign<object>(source);
      const back = await throughQueue(value);
      const clone: unknown = structuredClone(value);
      assert.equal(Object.getPrototypeOf(back), Object.getPrototypeOf(clone), source);
      assert.deepEqual(back, clone, source);
    }
    assert.equal(Object.getPrototypeOf(await throughQueue(foreign("Object.create(null)"))), null);
  },
  "errors of another realm keep their class": async () => {
    for (const name of ["Error", "TypeError", "RangeError", "SyntaxError", "ReferenceError", "EvalError", "URIError"]) {
      const back = (await throughQueue(foreign(`Object.assign(new ${name}("text", { cause: new Error("c") }), { code: 5 })`))) as Error;
      assert.equal(Object.getPrototypeOf(back), (globalThis as unknown as Record<string, typeof Error>)[name]?.prototype);
      assert.deepEqual([back.message, (back as Error & { code: number }).code], ["text", 5]);
      assert.ok(back.cause instanceof Error && typeof back.stack === "string");
    }
    const many = (await throughQueue(foreign("new AggregateError([new TypeError('a')], 'many')"))) as AggregateError;
    assert.ok(many instanceof AggregateError && many.errors[0] instanceof TypeError);
    const own = await throughQueue(foreign("new (class TypeError extends Error {})('mine')"));
    assert.ok(own instanceof RemoteError);
    assert.deepEqual([own.remoteName, own.message], ["TypeError", "mine"]);
  },
  "a class of another realm that is registered travels, an error too": async () => {
    const { Point, Failure } = foreign<Record<string, new (text: string) => object>>(
      "(() => { class Point { constructor(x) { this.x = x; } } class Failure extends RangeError {} return { Point, Failure }; })()",
    );
    assert.ok(Point !== undefined && Failure !== undefined);
    registerClass(Point);
    registerClass(Failure);
    const point = await throughQueue(new Point("x"));
    assert.ok(point instanceof Point);
    const failure = (await throughQueue(new Failure("bad"))) as Error;
    assert.ok(failure instanceof Failure);
    assert.deepEqual([failure.message, typeof failure.stack], ["bad", "string"]);
  },
  "classes of another realm that nobody registered are refused, as those of this one": async () => {
    for (const source of [
      "new (class extends Map {})()",
      "new (class Date2 extends Date {})()",
      "new (class Point {})()",
      "new WeakMap()",
      "Promise.resolve()",
      "Object(Symbol('s'))",
      "new (class Uint8Array2 extends Uint8Array {})(3)",
      "Object.create(Map.prototype)",
      "Object.create(Error.prototype)",
      "new SharedArrayBuffer(4)",
      "new Uint8Array(new SharedArrayBuffer(4))",
    ])
      await rejects(throughQueue(foreign(source)), SerializationError, /^item can't travel/);
  },
  "bytes of another realm are bytes": async () => {
    const [a, b] = Pipe();
    await a.sendBytes(foreign("new ArrayBuffer(3)"));
    await a.sendBytes(foreign("new Uint16Array([1])"));
    assert.equal((await b.recvBytes()).length, 3);
    const buffer = foreign<ArrayBuffer>("new ArrayBuffer(4)");
    assert.equal(await b.recvBytesInto(buffer, 1), 2);
    assert.deepEqual([...new Uint8Array(buffer)], [0, 1, 0, 0]);
    a.close();
    b.close();
  },
  "what a program of another realm gets is of this one, and what it throws too": async () => {
    const call = foreign<(f: () => unknown) => unknown>("(f) => { try { return f(); } catch (error) { return error; } }");
    const error = (await throughQueue(call(() => readFileSync("/does not exist")))) as NodeJS.ErrnoException;
    assert.deepEqual([Object.getPrototypeOf(error) === Error.prototype, error.code], [true, "ENOENT"]);
    const ours = await throughQueue(call(() => new StateError("ours")));
    assert.ok(ours instanceof StateError);
  },
};
