import assert from "node:assert/strict";
import { Connection, getContext, Pipe, SerializationError, UnsupportedError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, utf8 } from "../../suite/help.ts";

export const cases: Cases = {
  "recv of bytes that are no value consumes them": async () => {
    const [a, b] = Pipe();
    await a.sendBytes(utf8("no value"));
    await a.send("a value");
    await rejects(b.recv(), SerializationError);
    assert.equal(await b.recv(), "a value");
  },
  "a value that can't travel sends nothing": async () => {
    const [a, b] = Pipe<unknown>();
    await rejects(
      a.send(() => 1),
      SerializationError,
      /value/,
    );
    await rejects(a.send({ at: [1, Symbol("s")] }), SerializationError, /value\.at\[1\]/);
    assert.equal(await b.poll(), false);
    await a.send(1);
    assert.equal(await b.recv(), 1);
  },
  "fileno and sync twins are for the native backend; no connection without Pipe()": async () => {
    const [a] = getContext("spawn", { backend: "portable" }).Pipe();
    for (const call of [
      () => a.fileno(),
      () => a.recvSync(),
      () => a.sendSync(1),
      () => a.recvBytesSync(),
      () => a.sendBytesSync(utf8("x")),
      () => a.recvBytesIntoSync(utf8("x")),
      () => a.pollSync(),
    ]) {
      assert.throws(call, UnsupportedError);
    }
    assert.throws(() => new Connection(), TypeError);
  },
};
