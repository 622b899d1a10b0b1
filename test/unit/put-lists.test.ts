import { expect, test } from "vitest";
import { putAll } from "../../src/api/put-many.ts";
import type { ItemLists, QueuePort, Stored } from "../../src/backend/contract/queue.ts";
import { decode } from "../../src/codec/decode.ts";
import { ListWriter, splitMessages } from "../../src/codec/message-list.ts";
import { FOREVER, ONCE } from "../../src/util/wait-options.ts";

/** A queue that notes how many items came in each call. It has room for `room` items, and for as many again after a wait. */
function portWith(room: number): { readonly port: QueuePort; readonly calls: number[]; readonly waits: number[] } {
  const calls: number[] = [];
  const waits: number[] = [];
  let left = room;
  const store = (list: Uint8Array): Stored | undefined => {
    const count = Math.min(left, splitMessages(list).length);
    left -= count;
    return count === 0 ? undefined : { count, room: left };
  };
  const lists: Partial<ItemLists> = {
    putListNow: (list) => {
      const stored = store(list);
      if (stored !== undefined) calls.push(stored.count);
      return stored;
    },
    putList: async ({ bytes }) => {
      if (room === 0) return undefined;
      left = room;
      const stored = store(bytes);
      waits.push(stored?.count ?? 0);
      return stored;
    },
  };
  return { port: { lists } as QueuePort, calls, waits };
}

const block = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end; );
};

test("items of a fast source go in longer and longer lists, and none is left", async () => {
  const { port, calls } = portWith(1000);
  expect(await putAll(() => port, Array.from({ length: 100 }).keys(), FOREVER)).toBe(100);
  expect(calls.reduce((a, b) => a + b)).toBe(100);
  expect(calls.length).toBeLessThan(30);
  expect(calls[0]).toBe(1);
});

test("an item of a slow source does not wait for the next one", async () => {
  const { port, calls } = portWith(1000);
  function* slow(): Generator<number> {
    for (let i = 0; i < 6; i++) {
      yield i;
      block(3);
      expect(calls.length).toBe(i + 1);
    }
  }
  expect(await putAll(() => port, slow(), FOREVER)).toBe(6);
});

test("no more items are pulled than there is room for, and one", async () => {
  const { port, calls, waits } = portWith(10);
  let pulled = 0;
  function* noted(): Generator<number> {
    for (; pulled < 25; pulled++) {
      expect(pulled).toBeLessThanOrEqual([...calls, ...waits].reduce((a, b) => a + b, 0) + 10);
      yield pulled;
    }
  }
  expect(await putAll(() => port, noted(), FOREVER)).toBe(25);
  expect(waits.length).toBe(2);
  const { port: full } = portWith(0);
  await expect(putAll(() => full, [1, 2], ONCE)).rejects.toMatchObject({ name: "Full", added: 0 });
});

test("a list is written, and loses its first messages", () => {
  const list = new ListWriter();
  const sizes: number[] = [];
  for (let i = 0; i < 300; i++) {
    list.add("x".repeat(i), () => "value");
    sizes.push(list.lastSize);
  }
  list.drop(100);
  expect([list.count, list.size]).toEqual([200, list.bytes.length]);
  expect(splitMessages(list.bytes).map((each) => each.length)).toEqual(sizes.slice(100));
  expect(decode(splitMessages(list.bytes)[7] as Uint8Array)).toBe("x".repeat(107));
  expect(() => list.add([1, () => {}], () => "items[9]")).toThrow("items[9][1]");
  list.add(new Uint8Array(100_000).fill(5), () => "value");
  expect(decode(list.takeLast())).toEqual(new Uint8Array(100_000).fill(5));
  expect(splitMessages(list.bytes).map((each) => each.length)).toEqual(sizes.slice(100));
  list.add("last", () => "value");
  expect(decode(splitMessages(list.bytes)[200] as Uint8Array)).toBe("last");
  list.drop(1);
  list.drop(200);
  expect([list.count, list.bytes.length]).toEqual([0, 0]);
});
