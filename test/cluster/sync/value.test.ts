import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, expect, it } from "vitest";
import type { NumberType, SharedValue } from "../../../mod.ts";
import { RUNTIMES } from "../../suite/runtimes.ts";
import { NatsServer } from "../servers/server.ts";
import { connected } from "./help.ts";
import { Peer } from "./peer.ts";

const server = await NatsServer.start();
afterAll(() => server.stop());

it("adds up what three runtimes add", async () => {
  const mp = await connected(server);
  const peers = await Promise.all(RUNTIMES.map((runtime) => Peer.start(runtime, { servers: server.url, namespace: mp.namespace })));
  const before = await Promise.all(
    peers.map((peer) => peer.call("SharedValue", ["i32", 5, { name: "sum" }], "many", "add", 200, 1) as Promise<number[]>),
  );
  expect(new Set(before.flat()).size).toBe(600);
  const sum = new mp.SharedValue("i32", 5, { name: "sum" });
  expect(await sum.get()).toBe(605);
});

it("keeps each bit of each type", async () => {
  const mp = await connected(server);
  const cases: [NumberType, number | bigint, number | bigint][] = [
    ["i8", 127, -1],
    ["u8c", 300, 7.4],
    ["u32", 2 ** 32 - 1, 0],
    ["i64", -(2n ** 63n), 1n],
    ["u64", 2n ** 64n - 1n, 5n],
    ["f32", 0.1, Number.NaN],
    ["f64", Number.NaN, -0],
  ];
  for (const [type, first, second] of cases) {
    const value = new mp.SharedValue(type, first);
    const local = new (await import("../../../mod.ts")).SharedValue(type, first);
    expect(await value.get(), type).toEqual(await local.get());
    expect(await value.exchange(second)).toEqual(await local.exchange(second));
    expect(await value.get()).toEqual(await local.get());
    local.close();
  }
  const wrap = new mp.SharedValue("u8", 250);
  expect([await wrap.add(10), await wrap.get(), await wrap.compareExchange(4, 9), await wrap.get()]).toEqual([250, 4, 4, 9]);
  expect([await wrap.or(6), await wrap.and(3), await wrap.sub(4), await wrap.get()]).toEqual([9, 15, 3, 255]);
  await expect(new mp.SharedValue("f64").add(1)).rejects.toThrow("for integers");
});

it("travels, and refuses another type for its name", async () => {
  const mp = await connected(server);
  const queue = new mp.Queue<SharedValue>({ name: "values" });
  const value = new mp.SharedValue("i64", 3n);
  await queue.put(value);
  const same = await queue.get();
  await same.add(4n);
  expect(await value.get()).toBe(7n);
  await new mp.SharedValue("i32", 1, { name: "typed" }).set(2);
  await expect(new mp.SharedValue("u32", 1, { name: "typed" }).get()).rejects.toThrow("exists with the type i32, not u32");
});

it("takes a record for corrupted that is none", async () => {
  const mp = await connected(server);
  const connection = await connect({ servers: server.url });
  const write = async (key: string, text: string): Promise<void> =>
    void (await jetstream(connection).publish(`$KV.MP_${mp.namespace}_STATE.${key}`, text));
  const texts = [
    "\u0000\u0001",
    "[]",
    "null",
    "{}",
    '{"holder":7,"abandoned":false,"recursive":false}',
    '{"holder":"a.b","abandoned":false,"recursive":false}',
  ];
  for (const [i, text] of texts.entries()) {
    await write(`lock.n-${i}`, text);
    await expect(new mp.Lock({ name: String(i) }).acquire()).rejects.toMatchObject({ name: "CorruptedError" });
  }
  const numbers = ['{"type":"i32"}', '{"type":"i32","bits":"0"}', '{"type":"i32","bits":"00"}', '{"type":"x","bits":"00000000"}'];
  for (const [i, text] of numbers.entries()) {
    await write(`value.n-${i}`, text);
    await expect(new mp.SharedValue("i32", 0, { name: String(i) }).add(1)).rejects.toMatchObject({ name: "CorruptedError" });
  }
  await write("event.n-e", '{"isSet":1}');
  await expect(new mp.Event({ name: "e" }).wait()).rejects.toMatchObject({ name: "CorruptedError" });
  const holders = { first: 1, isBounded: false, isRobust: true, total: 1, holders: { "x.y": 1 } };
  await write("semaphore.n-s", JSON.stringify(holders));
  await expect(new mp.Semaphore({ name: "s" }).acquire()).rejects.toMatchObject({ name: "CorruptedError" });
  await connection.close();
});
