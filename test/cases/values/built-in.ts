import assert from "node:assert/strict";
import { Process, Queue, SerializationError } from "../../../mod.ts";
import { type Cases, Skip } from "../../suite/case.ts";
import { rejects } from "../../suite/help.ts";
import { throughQueue } from "./helpers.ts";

type TemporalClass = { from(value: unknown): object } & (new (...args: unknown[]) => object);

const { Temporal } = globalThis as { Temporal?: Readonly<Record<string, TemporalClass>> };

export function giveBack<T>(value: T): T {
  return value;
}

async function throughChild<T>(value: T): Promise<T> {
  const child = new Process({ target: giveBack<T>, args: [value] });
  await child.start();
  const result = await child.result();
  await child.join();
  child.close();
  return result;
}

export const cases: Cases = {
  "boxed primitives": async () => {
    const boxes = [new Number(-0), new String("té\ud800"), new Boolean(false), Object(5n), new Number(Number.NaN)];
    const back = (await throughQueue([...boxes, boxes[0]])) as object[];
    assert.deepEqual(back.slice(0, 5), boxes);
    assert.equal(back[5], back[0]);
    for (const [i, box] of boxes.entries()) assert.equal(Object.getPrototypeOf(back[i]), Object.getPrototypeOf(box));
    await rejects(throughQueue(Object(Symbol("s"))), SerializationError);
  },
  "URL and URLSearchParams": async () => {
    const urls = ["https://user:pass@example.org:8080/a%20b?c=d&e=ü#f", "file:///tmp/x", "data:text/plain,a b", "blob:null/1", "a:b"];
    for (const text of urls) {
      const back = (await throughQueue(new URL(text))) as URL;
      assert.ok(back instanceof URL);
      assert.equal(back.href, new URL(text).href);
    }
    const params = new URLSearchParams([
      ["a", "1"],
      ["a", "ü &="],
      ["?x", ""],
    ]);
    const back = (await throughQueue(params)) as URLSearchParams;
    assert.ok(back instanceof URLSearchParams);
    assert.deepEqual([...back], [...params]);
    class Own extends URL {}
    await rejects(throughQueue(new Own("a:b")), SerializationError, /registerClass\(Own\)/);
    await rejects(throughQueue(Object.create(URL.prototype)), SerializationError);
  },
  "an object of these kinds arrives once, and in a child too": async () => {
    const url = new URL("http://example.org/");
    const [first, second, box] = (await throughChild([url, { url }, Object(1n)])) as [URL, { url: URL }, object];
    assert.equal(first.href, url.href);
    assert.equal(second.url, first);
    assert.equal(typeof box.valueOf(), "bigint");
  },
  "values of Temporal arrive exactly": async () => {
    if (Temporal === undefined) throw new Skip("this runtime has no Temporal");
    const { Instant, ZonedDateTime, Duration, PlainDate, PlainTime, PlainDateTime, PlainYearMonth, PlainMonthDay } = Temporal;
    const values = [
      Instant?.from("2026-01-02T03:04:05.123456789Z"),
      ZonedDateTime?.from("2026-10-25T02:30:00.000000001+01:00[Europe/Berlin][u-ca=gregory]"),
      ZonedDateTime?.from("1800-01-01T00:00:00+00:00[UTC]"),
      Duration && new Duration(1, 2, 3, 4, 5, 6, 7, 8000, 9, 1_000_001),
      Duration && new Duration(0, 0, 0, 0, 0, 0, -(2 ** 53 - 1)),
      PlainDate?.from("2026-02-28"),
      PlainDate?.from("2026-02-28[u-ca=hebrew]"),
      PlainDate?.from("-009999-01-01"),
      PlainTime?.from("23:59:59.999999999"),
      PlainDateTime?.from("2026-02-28T01:02:03.5[u-ca=japanese]"),
      PlainYearMonth?.from("2026-02"),
      PlainYearMonth?.from("2026-02-01[u-ca=gregory]"),
      PlainMonthDay?.from("02-29"),
    ] as object[];
    const shown = (value: object): string[] =>
      ["calendarId", "years", "months", "seconds", "milliseconds", "nanoseconds", "epochNanoseconds", "timeZoneId"].map((key) =>
        String((value as Record<string, unknown>)[key]),
      );
    const back = (await throughQueue(values)) as object[];
    for (const [i, value] of values.entries()) {
      assert.equal(Object.getPrototypeOf(back[i]), Object.getPrototypeOf(value));
      assert.deepEqual([String(back[i]), ...shown(back[i] as object)], [String(value), ...shown(value)]);
    }
    assert.equal(String(await throughChild(values[0])), String(values[0]));
  },
  "what can't travel says so, at its place": async () => {
    const queue = new Queue();
    await assert.rejects(queue.put({ a: [new URL("a:b"), new Blob([])] }), { path: "item.a[1]", message: /Blob, which has no meaning/ });
    queue.close();
  },
};
