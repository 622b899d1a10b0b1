import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { ProcessError, Queue, RemoteError, registerClass, StateError, type WaitOptions } from "../../../mod.ts";
import { type Cases, Skip } from "../../suite/case.ts";
import { throughQueue, thrownBy } from "./helpers.ts";

type Fields = Error & Record<string, unknown>;

class OfItsOwn extends Error {}

class Registered extends RangeError {
  readonly status: number = 418;
}
registerClass(Registered);

const sent = async (error: unknown): Promise<Fields> => (await throughQueue(error)) as Fields;

export const cases: Cases = {
  "a field that can't travel costs itself alone, at any depth": async () => {
    const error = Object.assign(new RangeError("too far", { cause: new TypeError("inner") }), {
      code: "E_FAR",
      onEnd: () => {},
      tag: Symbol("s"),
      request: { url: "http://a", agent: createServer(), headers: new Map<string, unknown>([["a", 1]]), list: [1, () => 2, 3] },
    });
    const back = await sent(error);
    assert.ok(back instanceof RangeError);
    assert.deepEqual([back.message, back.code, back.stack], ["too far", "E_FAR", error.stack]);
    assert.ok(back.cause instanceof TypeError);
    assert.match(String(back.onEnd), /^\[can't travel: it is a function \(onEnd\)/);
    assert.match(String(back.tag), /^\[can't travel: it is a symbol/);
    const { url, agent, headers, list } = back.request as { url: string; agent: string; headers: Map<string, unknown>; list: unknown[] };
    assert.equal(url, "http://a");
    assert.match(agent, /^\[can't travel: it is an instance of Server/);
    assert.equal(headers.get("a"), 1);
    assert.deepEqual([list[0], list[2]], [1, 3]);
    assert.match(String(list[1]), /function/);
  },
  "an error that `using` has suppressed": async () => {
    const { SuppressedError: Class } = globalThis as {
      readonly SuppressedError?: new (error: unknown, suppressed: unknown, message: string) => Error;
    };
    if (Class === undefined) throw new Skip("this version has no SuppressedError");
    const back = await sent(new Class(new RangeError("while closing"), new TypeError("before"), "both"));
    assert.ok(back instanceof Class);
    assert.ok(back.error instanceof RangeError && back.suppressed instanceof TypeError);
    assert.deepEqual([back.message, back.error.message, back.suppressed.message], ["both", "while closing", "before"]);
    assert.deepEqual(Object.keys(back), []);
  },
  "a cause, errors and members of them that can't travel": async () => {
    const cause = await sent(new Error("a", { cause: () => 1 }));
    assert.match(String(cause.cause), /^\[can't travel: it is a function/);
    const inner = Object.assign(new TypeError("b"), { socket: createServer() });
    const many = await sent(new AggregateError([inner, Symbol("s"), new RangeError("c")], "many"));
    assert.ok(many instanceof AggregateError);
    const [first, second, third] = many.errors as [Fields, string, Error];
    assert.ok(first instanceof TypeError && third instanceof RangeError);
    assert.match(String(first.socket), /Server/);
    assert.match(second, /symbol/);
  },
  "fields whose getters throw, symbols as keys, and a proxy that throws": async () => {
    const error = Object.defineProperties(new Error("a"), {
      bad: { enumerable: true, get: () => assert.fail("from the getter") },
      good: { enumerable: true, get: () => 5 },
    });
    Object.assign(error, {
      [Symbol("own")]: 7,
      proxy: new Proxy({}, { ownKeys: () => assert.fail("from the trap") }),
      inner: Object.defineProperty({ kept: 1 }, "bad", { enumerable: true, get: () => assert.fail("from inside") }),
    });
    const back = await sent(error);
    assert.match(String(back.bad), /^\[can't travel: reading it threw: .*from the getter/);
    assert.match(String(back.proxy), /from the trap/);
    assert.deepEqual([back.good, back["Symbol(own)"]], [5, 7]);
    const inner = back.inner as { kept: number; bad: string };
    assert.equal(inner.kept, 1);
    assert.match(inner.bad, /from inside/);
  },
  "cycles, depth, and objects that two fields share": async () => {
    let deep: unknown = "the end";
    for (let i = 0; i < 5000; i++) deep = [deep];
    const shared = { once: true };
    const error: Fields = Object.assign(new Error("a") as Fields, { deep, shared, again: [shared, () => 1, shared] });
    error.self = { error };
    const back = await sent(error);
    assert.equal((back.self as { error: unknown }).error, back);
    assert.equal((back.again as unknown[])[0], back.shared);
    assert.equal((back.again as unknown[])[2], back.shared);
    let at = back.deep;
    while (Array.isArray(at)) at = at[0];
    assert.match(String(at), /^\[can't travel: it is nested deeper/);
  },
  "an object that is described leaves no trace in what follows": async () => {
    const partly = { first: { a: 1 }, queue: new Queue() };
    partly.queue.close();
    const unsendable = Object.assign(Object.create({ constructor: OfItsOwn }) as object, partly);
    const error = Object.assign(new Error("a"), { unsendable, later: partly, last: [partly.first] });
    const { later, last } = await sent(error);
    assert.deepEqual((later as typeof partly).first, { a: 1 });
    assert.match(String((later as typeof partly).queue), /shared object that is closed/);
    assert.equal((last as unknown[])[0], (later as typeof partly).first);
  },
  "errors of the runtime's own modules keep class and code": async () => {
    const system = thrownBy(() => readFileSync("/does not exist"));
    const back = await sent(system);
    assert.equal(Object.getPrototypeOf(back), Error.prototype);
    const { code, errno, syscall, path } = back;
    assert.deepEqual({ code, errno, syscall, path }, { code: "ENOENT", errno: system.errno, syscall: "open", path: system.path });
    const argument = thrownBy(() => createServer().listen(-5));
    const again = await sent(argument);
    assert.equal(Object.getPrototypeOf(again), RangeError.prototype);
    assert.deepEqual([again.code, again.message, again.stack], ["ERR_SOCKET_BAD_PORT", argument.message, argument.stack]);
    assert.match(String(again), /^RangeError/);
    const noUrl = thrownBy(() => new URL("no url"));
    const url = await sent(noUrl);
    assert.ok(url instanceof TypeError);
    assert.deepEqual([url.message, url.code], [noUrl.message, noUrl.code]);
    const failed = thrownBy(() => assert.deepEqual({ a: [1, () => 1] }, {}));
    const assertion = await sent(failed);
    assert.ok(assertion instanceof RemoteError);
    assert.deepEqual([assertion.remoteName, assertion.code, assertion.message], ["AssertionError", "ERR_ASSERTION", failed.message]);
    assert.match(String((assertion as unknown as { actual: { a: unknown[] } }).actual.a[1]), /function/);
  },
  "errors of signals are DOMExceptions, and a class of the same name is not": async () => {
    const abort = await sent(AbortSignal.abort().reason);
    assert.ok(abort instanceof DOMException);
    assert.deepEqual([abort.name, abort.code], ["AbortError", 20]);
    const late = await sent(
      await new Promise((resolve) => (AbortSignal.timeout(1).onabort = ({ target }) => resolve((target as AbortSignal).reason))),
    );
    assert.ok(late instanceof DOMException);
    assert.equal(late.name, "TimeoutError");
    const own = await sent(new DOMException("text", "AnyName"));
    assert.ok(own instanceof DOMException);
    assert.deepEqual([own.name, own.message], ["AnyName", "text"]);
    const AbortError = class AbortError extends Error {};
    const remote = await sent(new AbortError("of a library"));
    assert.ok(remote instanceof RemoteError);
    assert.equal(remote.remoteName, "AbortError");
  },
  "frozen errors, and errors with other kinds of name, message and stack": async () => {
    const frozen = await sent(Object.freeze(Object.assign(new TypeError("cold"), { code: 5, fn: () => 1 })));
    assert.ok(frozen instanceof TypeError);
    assert.deepEqual([frozen.message, frozen.code], ["cold", 5]);
    const odd = new Error("x");
    for (const key of ["message", "stack", "name"]) Object.defineProperty(odd, key, { get: () => `got ${key}` });
    const back = await sent(odd);
    assert.deepEqual([back.message, back.stack, back.name], ["got message", "got stack", "got name"]);
    const throwing = new RangeError("z");
    for (const key of ["message", "stack"]) Object.defineProperty(throwing, key, { get: () => assert.fail("no") });
    const kept = await sent(throwing);
    assert.ok(kept instanceof RangeError);
    assert.match(kept.message, /reading it threw/);
    const through = await sent(new Proxy(new TypeError("behind"), {}));
    assert.ok(through instanceof TypeError);
    assert.equal(through.message, "behind");
  },
  "hidden names and codes travel": async () => {
    const error = Object.defineProperties(new OfItsOwn("a"), { name: { value: "Special" }, code: { value: 42 } });
    const back = await sent(error);
    assert.ok(back instanceof RemoteError);
    assert.deepEqual([back.remoteName, back.name, back.code], ["OfItsOwn", "Special", 42]);
    function Old(this: unknown): void {}
    Old.prototype = Object.create(Error.prototype, { name: { value: "OldStyle" } });
    const old = await sent(Reflect.construct(Error, ["b"], Old));
    assert.ok(old instanceof RemoteError);
    assert.deepEqual([old.remoteName, old.message], ["OldStyle", "b"]);
  },
  "classes of this library and registered ones": async () => {
    const ours = await sent(Object.assign(new StateError("too early"), { fn: () => 1 }));
    assert.ok(ours instanceof StateError && ours instanceof ProcessError);
    assert.equal(ours.code, "ERR_POLYPROC_STATE");
    const registered = await sent(new Registered("teapot", { cause: Symbol("s") }));
    assert.ok(registered instanceof Registered);
    assert.deepEqual([registered.status, typeof registered.cause], [418, "string"]);
  },
  "what is no error is still refused as a whole, and names the part": async () => {
    const wait: WaitOptions = { timeout: 0 };
    const queue = new Queue();
    const bad = {
      a: {
        get b(): never {
          throw new Error("from the getter");
        },
      },
    };
    await assert.rejects(queue.put(bad, wait), {
      name: "SerializationError",
      path: "item.a.b",
      message: /^item\.a\.b can't travel: reading it threw: Error: from the getter/,
    });
    await assert.rejects(queue.put([[Symbol("s")]], wait), { path: "item[0][0]" });
    await assert.rejects(queue.put(new Proxy({}, { getPrototypeOf: () => assert.fail("trap") }), wait), {
      name: "SerializationError",
      path: "item",
    });
    await assert.rejects(queue.put(Object.create(Map.prototype), wait), { name: "SerializationError", path: "item" });
    assert.equal(await queue.empty(), true);
    queue.close();
  },
};
