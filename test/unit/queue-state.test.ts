import fc from "fast-check";
import { expect, it } from "vitest";
import type { Withdraw } from "../../src/backend/portable/hub/request.ts";
import { joinMessages, splitMessages } from "../../src/codec/message-list.ts";
import { Op } from "../../src/codec/op.ts";
import { CorruptedError, ProcessDiedError, ShutDown } from "../../src/errors/errors.ts";
import { Driver, type Outcome } from "./queue-driver.ts";

const participants = [{ name: "a" }, { name: "b" }, { name: "c" }];

const command = fc.oneof(
  fc.record({ do: fc.constant("put" as const), who: fc.nat(2), once: fc.boolean() }),
  fc.record({ do: fc.constant("get" as const), who: fc.nat(2), once: fc.boolean() }),
  fc.record({ do: fc.constant("putMany" as const), who: fc.nat(2), once: fc.boolean(), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant("getMany" as const), who: fc.nat(2), once: fc.boolean(), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constantFrom("settle" as const, "giveBack" as const, "lose" as const), which: fc.nat(), count: fc.nat(4) }),
  fc.record({ do: fc.constant("withdraw" as const), which: fc.nat() }),
  fc.record({ do: fc.constant("depart" as const), who: fc.nat(2) }),
);

function itemsOf({ outcomes: [outcome] }: { readonly outcomes: readonly Outcome[] }): readonly number[] {
  return outcome?.kind === "list" ? outcome.list : outcome?.kind === "item" ? [outcome.item] : [];
}

it("keeps the order, the bound and every item but those counted as lost, and no request waits in vain, whatever happens", () => {
  fc.assert(
    fc.property(fc.nat(3), fc.boolean(), fc.array(command, { maxLength: 60 }), (maxsize, redeliver, commands) => {
      const driver = new Driver(maxsize, redeliver);
      for (const participant of participants) driver.state.attached(participant);
      let next = 0;
      let lost = 0;
      const stored = new Set<number>();
      const done = new Set<number>();
      const puts: { items: readonly number[]; outcomes: Outcome[]; withdraw: Withdraw | undefined; withdrawn: boolean }[] = [];
      const gets: { who: number; outcomes: Outcome[]; withdraw: Withdraw | undefined; withdrawn: boolean; ended: boolean }[] = [];
      let returned = 0;
      for (const step of commands) {
        if (step.do === "put" || step.do === "putMany") {
          const list = Array.from({ length: step.do === "put" ? 1 : step.count }, () => next++);
          const [op, what] = step.do === "put" ? [Op.put, { item: list[0] as number }] : [Op.putMany, { list }];
          const request = driver.request(op, participants[step.who] ?? {}, { once: step.once, ...what });
          puts.push({ items: list, ...request, withdrawn: false });
        } else if (step.do === "getMany")
          gets.push({
            who: step.who,
            ...driver.request(Op.getMany, participants[step.who] ?? {}, { once: step.once, meta: step.count }),
            withdrawn: false,
            ended: false,
          });
        else if (step.do === "get")
          gets.push({
            who: step.who,
            ...driver.request(Op.get, participants[step.who] ?? {}, { once: step.once }),
            withdrawn: false,
            ended: false,
          });
        else if (step.do === "withdraw") {
          const waiting = [...puts, ...gets].filter((each) => each.outcomes.length === 0 && !each.withdrawn);
          const chosen = waiting[step.which % Math.max(1, waiting.length)];
          if (chosen !== undefined) chosen.withdrawn = chosen.withdraw?.() === true;
        } else if (step.do === "depart") {
          driver.state.detached(participants[step.who] ?? {});
          driver.state.attached(participants[step.who] ?? {});
        } else {
          const inHand = gets.filter((each) => itemsOf(each).length > 0 && !each.ended);
          const chosen = inHand[step.which % Math.max(1, inHand.length)];
          const outcome = chosen?.outcomes[0];
          if (chosen === undefined || (outcome?.kind !== "item" && outcome?.kind !== "list")) continue;
          chosen.ended = true;
          const items = itemsOf(chosen);
          const settled = step.do === "settle" ? (outcome.kind === "list" ? Math.min(step.count, items.length) : 1) : 0;
          if (step.do === "settle") outcome.delivery.settle(settled);
          else outcome.delivery[step.do]();
          for (const item of items.slice(0, settled)) {
            if (!redeliver) expect(done.has(item)).toBe(false);
            done.add(item);
          }
          if (step.do !== "lose" || redeliver) returned += items.length - settled;
          else lost += items.length;
        }
        for (const put of puts)
          if (put.outcomes[0]?.kind === "reply") {
            const [count = 1] = (put.outcomes[0].value ?? []) as [number?];
            for (const item of put.items.slice(0, count)) stored.add(item);
          }
        const { size, puts: count, lost: counted } = driver.stats();
        expect(count).toBe(stored.size);
        expect(counted).toBe(lost);
        if (maxsize > 0) expect(size).toBeLessThanOrEqual(maxsize + returned + (redeliver ? next : 0));
        const waitingGets = gets.filter((each) => each.outcomes.length === 0 && !each.withdrawn).length;
        if (size > 0) expect(waitingGets).toBe(0);
        const waitingPuts = puts.filter((each) => each.outcomes.length === 0 && !each.withdrawn).length;
        if (maxsize === 0 || size < maxsize) expect(waitingPuts).toBe(0);
        for (const each of [...puts, ...gets]) expect(each.outcomes.length).toBeLessThanOrEqual(1);
      }
      if (!redeliver) {
        const inHand = gets.filter((each) => !each.ended).reduce((count, each) => count + itemsOf(each).length, 0);
        expect(driver.stats().size + done.size + inHand + lost).toBe(stored.size);
      }
      // The rest comes out in the order of the puts.
      const rest: number[] = [];
      for (;;) {
        const [outcome] = driver.request(Op.get, participants[0] ?? {}, { once: true }).outcomes;
        if (outcome?.kind !== "item") break;
        rest.push(outcome.item);
        outcome.delivery.settle();
      }
      expect(rest).toEqual(rest.toSorted((a, b) => a - b));
    }),
    { numRuns: 2000 },
  );
});

it("join resolves after the last taskDone, or at once for an empty queue, and is told once of items that died with a consumer", () => {
  const driver = new Driver(0);
  const [a = {}, b = {}] = participants;
  driver.state.attached(a);
  driver.state.attached(b);
  expect(driver.request(Op.join, a).outcomes).toEqual([{ kind: "reply", value: undefined }]);
  driver.request(Op.put, a, { item: 1 });
  driver.request(Op.put, a, { item: 2 });
  const joining = driver.request(Op.join, a);
  for (const who of [a, b]) {
    const [got] = driver.request(Op.get, who).outcomes;
    if (got?.kind === "item") got.delivery.settle();
  }
  expect(joining.outcomes).toEqual([]);
  driver.request(Op.taskDone, a);
  driver.state.detached(b);
  const [told] = joining.outcomes;
  expect(told?.kind === "fail" && told.error instanceof ProcessDiedError && told.error.items === 1).toBe(true);
  expect(driver.request(Op.join, a).outcomes[0]?.kind).toBe("reply");
});

it("join is told at once of all items that died with a consumer, also of those on their way to it", () => {
  const driver = new Driver(0);
  const [a = {}, b = {}] = participants;
  for (const each of [a, b]) driver.state.attached(each);
  driver.request(Op.putMany, a, { list: [1, 2, 3, 4] });
  const [taken] = driver.request(Op.get, b).outcomes;
  const onTheirWay = [driver.request(Op.get, b).outcomes[0], driver.request(Op.getMany, b, { meta: 2 }).outcomes[0]];
  const joining = driver.request(Op.join, a);
  if (taken?.kind === "item") taken.delivery.settle();
  for (const each of onTheirWay) if (each?.kind === "item" || each?.kind === "list") each.delivery.lose();
  driver.state.detached(b);
  const [told] = joining.outcomes;
  expect(told?.kind === "fail" && told.error instanceof ProcessDiedError && told.error.items).toBe(4);
  expect(driver.request(Op.join, a).outcomes[0]?.kind).toBe("reply");
  expect(driver.stats().lost).toBe(3);
});

it("shutdown ends waiting puts and gets, and the items that are there can be drained", () => {
  const driver = new Driver(1);
  const [a = {}] = participants;
  driver.request(Op.put, a, { item: 1 });
  const waiting = driver.request(Op.put, a, { item: 2 });
  driver.request(Op.shutdown, a);
  expect(waiting.outcomes[0]?.kind === "fail" && waiting.outcomes[0].error instanceof ShutDown).toBe(true);
  expect(driver.request(Op.get, a).outcomes[0]?.kind).toBe("item");
  expect(driver.request(Op.get, a).outcomes[0]?.kind).toBe("fail");
});

it("a list of items is put as far as there is room, once there is room for the first, and says how much room is left", () => {
  const driver = new Driver(3);
  const [a = {}, b = {}] = participants;
  expect(driver.request(Op.putMany, a, { list: [1, 2] }).outcomes).toEqual([{ kind: "reply", value: [2, 1] }]);
  expect(driver.request(Op.putMany, a, { list: [3, 4] }).outcomes).toEqual([{ kind: "reply", value: [1, 0] }]);
  expect(driver.request(Op.putMany, a, { list: [4], once: true }).outcomes).toEqual([{ kind: "declined" }]);
  const waiting = driver.request(Op.putMany, a, { list: [4, 5, 6, 7] });
  const withdrawn = driver.request(Op.putMany, a, { list: [8, 9] });
  expect([waiting.outcomes, withdrawn.outcomes, withdrawn.withdraw?.()]).toEqual([[], [], true]);
  const [taken] = driver.request(Op.getMany, b, { meta: 2 }).outcomes;
  expect(taken).toMatchObject({ kind: "list", list: [1, 2], isCut: false });
  expect(waiting.outcomes).toEqual([{ kind: "reply", value: [2, 0] }]);
  expect(new Driver(0).request(Op.putMany, a, { list: [1] }).outcomes).toEqual([{ kind: "reply", value: [1, Number.POSITIVE_INFINITY] }]);
});

it("items that were taken together settle in part, and the others go back to waiting gets in their order", () => {
  const driver = new Driver(0);
  const [a = {}, b = {}] = participants;
  for (const each of [a, b]) driver.state.attached(each);
  driver.request(Op.putMany, a, { list: [1, 2, 3, 4, 5] });
  const [taken] = driver.request(Op.getMany, a, { meta: 10 }).outcomes;
  const gets = [b, b].map((each) => driver.request(Op.get, each).outcomes);
  const many = driver.request(Op.getMany, b, { meta: 10 }).outcomes;
  if (taken?.kind !== "list") throw new Error("no list came");
  expect([taken.list, taken.isCut]).toEqual([[1, 2, 3, 4, 5], false]);
  taken.delivery.settle(2);
  expect(gets.map(([outcome]) => outcome)).toMatchObject([{ item: 3 }, { item: 4 }]);
  expect(many).toMatchObject([{ kind: "list", list: [5] }]);
  expect(driver.stats()).toMatchObject({ size: 0, puts: 5, gets: 2, lost: 0 });
  for (const odd of [undefined, "2", -1, Number.NaN, 1e9]) {
    driver.request(Op.putMany, a, { list: [1, 2] });
    const [got] = driver.request(Op.getMany, a, { meta: 2 }).outcomes;
    if (got?.kind !== "list") throw new Error("no list came");
    got.delivery.settle(odd);
    expect(driver.stats().size).toBe(0);
  }
});

it("a list holds a limited number of items and bytes, and says that it was cut", () => {
  const driver = new Driver(0);
  const [a = {}] = participants;
  for (let i = 0; i < 3; i++) driver.request(Op.putMany, a, { list: Array.from({ length: 1000 }, () => i) });
  const sizes: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    const [got] = driver.request(Op.getMany, a, { meta: 5000 }).outcomes;
    if (got?.kind === "list") sizes.push([got.list.length, got.isCut]);
  }
  expect(sizes).toEqual([
    [1024, true],
    [1024, true],
    [952, false],
  ]);
  expect(driver.request(Op.getMany, a, { once: true, meta: 5 }).outcomes).toEqual([{ kind: "declined" }]);
});

it("malformed lists and numbers break the protocol, and change nothing", () => {
  const driver = new Driver(0);
  const [a = {}] = participants;
  for (const meta of [undefined, 0, -1, 1.5, "5", Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => driver.request(Op.getMany, a, { meta })).toThrow(CorruptedError);
  expect(() => driver.request(Op.putMany, a)).toThrow(CorruptedError);
  expect(() => driver.request(Op.putMany, a, { list: [] })).toThrow(CorruptedError);
  expect(() => driver.request(Op.putMany, a, { list: new Array(1025).fill(1) })).toThrow(CorruptedError);
  expect(driver.stats()).toMatchObject({ size: 0, puts: 0 });
  const list = joinMessages([Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)]);
  expect(splitMessages(list).map((each) => [...each])).toEqual([[1, 2], [], [3]]);
  expect(() => splitMessages(list, 2)).toThrow(CorruptedError);
  for (let length = 0; length < list.length; length++)
    if (![6, 10].includes(length)) expect(() => splitMessages(list.subarray(0, length)), `${length} bytes`).toThrow(CorruptedError);
});

it("a task is ended once, by the process that has it, and only by its own number", () => {
  for (const redeliver of [false, true]) {
    const driver = new Driver(0, redeliver);
    const [a = {}, b = {}] = participants;
    for (const each of [a, b]) driver.state.attached(each);
    driver.request(Op.putMany, a, { list: [1, 2, 3] });
    const orders = [1, 2, 3].map(() => {
      const [taken] = driver.request(Op.getTask, a).outcomes;
      if (taken?.kind !== "item") throw new Error("no item came");
      taken.delivery.settle();
      return taken.order;
    });
    const end = (who: object, meta: unknown): unknown => driver.request(Op.endTask, who, { meta }).outcomes[0]?.kind;
    for (const odd of [undefined, [], orders[0], [-1, true], ["0", true], [{}, false], { 0: orders[0] }]) expect(end(a, odd)).toBe("fail");
    expect([end(b, [orders[0], true]), driver.stats().size]).toEqual(["fail", 0]);
    expect([end(a, [orders[1], true]), end(a, [orders[1], false]), driver.stats().size]).toEqual(["reply", "fail", 1]);
    expect(driver.request(Op.taskDone, a).outcomes[0]?.kind).toBe("reply");
    expect([end(a, [orders[0], false]), end(a, [orders[2], "back"])]).toEqual(["fail", "reply"]);
    expect(driver.request(Op.get, b).outcomes).toMatchObject([{ item: 2 }]);
    expect(driver.stats()).toMatchObject({ puts: 3, gets: 3, lost: 0, redelivered: 0 });
  }
});

it("after a shutdown that dropped all items, those of a consumer that dies are done", () => {
  for (const redeliver of [false, true]) {
    const driver = new Driver(0, redeliver);
    const [a = {}, b = {}] = participants;
    for (const each of [a, b]) driver.state.attached(each);
    driver.request(Op.putMany, a, { list: [1, 2, 3] });
    const [taken, onItsWay] = [Op.getTask, Op.get].map((op) => driver.request(op, b).outcomes[0]);
    if (taken?.kind === "item") taken.delivery.settle();
    driver.request(Op.shutdown, a, { meta: true });
    if (onItsWay?.kind === "item") onItsWay.delivery.lose();
    driver.state.detached(b);
    expect(driver.stats()).toMatchObject({ size: 0, redelivered: 0, lost: redeliver ? 0 : 1 });
    expect(driver.request(Op.get, a).outcomes[0]?.kind).toBe("fail");
    if (!redeliver) expect(driver.request(Op.join, a).outcomes[0]).toMatchObject({ error: { items: 2 } });
    expect(driver.request(Op.join, a).outcomes[0]?.kind).toBe("reply");
  }
});

it("after a shutdown that dropped all items, none that was on its way comes back", () => {
  const driver = new Driver(0);
  const [a = {}, b = {}] = participants;
  for (const each of [a, b]) driver.state.attached(each);
  driver.request(Op.putMany, a, { list: [1, 2, 3] });
  const [one] = driver.request(Op.get, a).outcomes;
  const [some] = driver.request(Op.getMany, b, { meta: 2 }).outcomes;
  driver.request(Op.shutdown, a, { meta: true });
  const joined = driver.request(Op.join, a).outcomes;
  if (one?.kind !== "item" || some?.kind !== "list") throw new Error("no items came");
  one.delivery.giveBack();
  some.delivery.settle(0);
  expect(driver.stats().size).toBe(0);
  expect(driver.request(Op.get, a).outcomes[0]?.kind).toBe("fail");
  expect(joined).toMatchObject([{ kind: "reply" }]);
});
