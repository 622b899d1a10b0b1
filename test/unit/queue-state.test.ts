import fc from "fast-check";
import { expect, it } from "vitest";
import type { Delivery, Responder, StoredMessage, Withdraw } from "../../src/backend/portable/hub/request.ts";
import { QueueState } from "../../src/backend/portable/objects/queue.ts";
import { Op } from "../../src/codec/op.ts";
import { ProcessDiedError, ShutDown } from "../../src/errors/errors.ts";
import { asKept } from "../../src/util/bytes.ts";

type Outcome =
  | { readonly kind: "reply"; readonly value: unknown }
  | { readonly kind: "item"; readonly item: number; readonly delivery: Delivery }
  | { readonly kind: "fail"; readonly error: Error }
  | { readonly kind: "declined" };

/** Drives a queue's state machine: no process, no time. */
class Driver {
  readonly state: QueueState;
  constructor(maxsize: number, redeliver = false) {
    this.state = new QueueState({ maxsize, redeliver });
  }

  request(
    op: number,
    participant: object,
    { once = false, item, meta }: { once?: boolean; item?: number; meta?: unknown } = {},
  ): { outcomes: Outcome[]; withdraw: Withdraw | undefined } {
    const outcomes: Outcome[] = [];
    const responder: Responder = {
      reply: (value) => void outcomes.push({ kind: "reply", value }),
      deliver: (message, delivery) => void outcomes.push({ kind: "item", item: message.bytes[0] ?? -1, delivery }),
      fail: (error) => void outcomes.push({ kind: "fail", error }),
      decline: () => void outcomes.push({ kind: "declined" }),
    };
    const message: StoredMessage | undefined =
      item === undefined ? undefined : { bytes: asKept(Uint8Array.of(item)), refs: [], objectsHeld: undefined, release: () => {} };
    const withdraw = this.state.handle({ op, participant, once, meta, message, responder });
    return { outcomes, withdraw };
  }

  stats(): { size: number; puts: number; gets: number; lost: number; redelivered: number } {
    const [outcome] = this.request(Op.stats, {}).outcomes;
    return (outcome as { value: ReturnType<Driver["stats"]> }).value;
  }
}

const participants = [{ name: "a" }, { name: "b" }, { name: "c" }];

const command = fc.oneof(
  fc.record({ do: fc.constant("put" as const), who: fc.nat(2), once: fc.boolean() }),
  fc.record({ do: fc.constant("get" as const), who: fc.nat(2), once: fc.boolean() }),
  fc.record({ do: fc.constantFrom("settle" as const, "giveBack" as const, "lose" as const), which: fc.nat() }),
  fc.record({ do: fc.constant("withdraw" as const), which: fc.nat() }),
  fc.record({ do: fc.constant("depart" as const), who: fc.nat(2) }),
);

it("keeps the order, the bound and every item but those counted as lost, and no request waits in vain, whatever happens", () => {
  fc.assert(
    fc.property(fc.nat(3), fc.boolean(), fc.array(command, { maxLength: 60 }), (maxsize, redeliver, commands) => {
      const driver = new Driver(maxsize, redeliver);
      for (const participant of participants) driver.state.attached(participant);
      let next = 0;
      let lost = 0;
      const stored = new Set<number>();
      const done = new Set<number>();
      const puts: { item: number; outcomes: Outcome[]; withdraw: Withdraw | undefined; withdrawn: boolean }[] = [];
      const gets: { who: number; outcomes: Outcome[]; withdraw: Withdraw | undefined; withdrawn: boolean; ended: boolean }[] = [];
      let returned = 0;
      for (const step of commands) {
        if (step.do === "put")
          puts.push({
            item: next,
            ...driver.request(Op.put, participants[step.who] ?? {}, { once: step.once, item: next++ }),
            withdrawn: false,
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
          const inHand = gets.filter((each) => each.outcomes[0]?.kind === "item" && !each.ended);
          const chosen = inHand[step.which % Math.max(1, inHand.length)];
          const outcome = chosen?.outcomes[0];
          if (chosen === undefined || outcome?.kind !== "item") continue;
          chosen.ended = true;
          outcome.delivery[step.do]();
          if (step.do === "settle") {
            if (!redeliver) expect(done.has(outcome.item)).toBe(false);
            done.add(outcome.item);
          } else if (step.do === "giveBack" || redeliver) returned++;
          else lost++;
        }
        for (const put of puts) if (put.outcomes[0]?.kind === "reply") stored.add(put.item);
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
        const inHand = gets.filter((each) => each.outcomes[0]?.kind === "item" && !each.ended).length;
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
