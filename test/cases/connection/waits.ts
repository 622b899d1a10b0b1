import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { ClosedError, EOFError, Pipe, TimeoutError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { MIB, rejects } from "../../suite/help.ts";

export const cases: Cases = {
  "no hidden timeouts (test_timeout)": slow(async () => {
    const [a, b] = Pipe();
    const receiving = a.recv();
    // Time itself is what could break this wait.
    await delay(1000);
    await b.send("late");
    assert.equal(await receiving, "late");
  }),
  "send waits while much is unread; timeout and abort send nothing": async () => {
    const [a, b] = Pipe();
    const large = a.sendBytes(new Uint8Array(2 * MIB));
    await rejects(a.send("x", { timeout: 50 }), TimeoutError);
    await rejects(a.send("x", { timeout: 0 }), TimeoutError);
    const reason = new Error("enough");
    const abort = new AbortController();
    const sending = a.send("y", { signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(sending, reason);
    const last = a.send("z");
    assert.equal((await b.recvBytes()).length, 2 * MIB);
    await large;
    await last;
    assert.equal(await b.recv(), "z");
    assert.equal(await b.poll(), false);
  },
  "recv: timeout, abort, close while it waits": async () => {
    const [a, b] = Pipe();
    await rejects(a.recv({ timeout: 30 }), TimeoutError);
    await rejects(a.recv({ timeout: 0 }), TimeoutError);
    const reason = new Error("enough");
    const abort = new AbortController();
    const receiving = a.recv({ signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(receiving, reason);
    await b.send(1);
    assert.equal(await a.recv(), 1);
    const closing = a.recv();
    a.close();
    await rejects(closing, ClosedError);
    await rejects(b.recv(), EOFError);
  },
  "close() delivers accepted sends; iteration ends at EOF": async () => {
    const [a, b] = Pipe<number>();
    const sends = [a.send(1), a.send(2), a.send(3)];
    a.close();
    await Promise.all(sends);
    const seen: number[] = [];
    for await (const value of b) seen.push(value);
    assert.deepEqual(seen, [1, 2, 3]);
  },
  "poll: bad timeouts; null waits": async () => {
    const [a, b] = Pipe();
    for (const bad of [Number.NaN, "1", {}.constructor]) await rejects(a.poll(bad as never), TypeError);
    const polling = a.poll(null);
    await b.send(1);
    assert.equal(await polling, true);
    assert.equal(await a.poll({ timeout: 0 }), true);
    await rejects(a.poll({ timeout: Number.NaN }), TypeError);
  },
};
