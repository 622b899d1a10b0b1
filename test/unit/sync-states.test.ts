// The state machines of the portable backend's objects, without processes and time.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HubObject, ParticipantId, Responder, Withdraw } from "../../src/backend/portable/hub/request.ts";
import { BarrierState } from "../../src/backend/portable/objects/barrier.ts";
import { ConditionState } from "../../src/backend/portable/objects/condition.ts";
import { EventState } from "../../src/backend/portable/objects/event.ts";
import { LockState } from "../../src/backend/portable/objects/lock.ts";
import { SemaphoreState } from "../../src/backend/portable/objects/semaphore.ts";
import { Op } from "../../src/codec/op.ts";
import { BrokenBarrierError, CorruptedError, StateError } from "../../src/errors/errors.ts";

const DECLINED = Symbol("declined");

/** One request and its outcomes: none yet, a reply, or an error. */
interface Asked {
  readonly who: ParticipantId;
  readonly outcomes: unknown[];
  readonly withdraw: Withdraw | undefined;
}

function ask(state: HubObject, who: ParticipantId, operation: unknown, argument?: unknown, once = false): Asked {
  const outcomes: unknown[] = [];
  const responder: Responder = {
    reply: (value) => void outcomes.push(value),
    deliver: () => expect.fail("there are no messages here"),
    fail: (error) => void outcomes.push(error),
    decline: () => void outcomes.push(DECLINED),
  };
  const withdraw = state.handle({ op: Op.call, participant: who, once, meta: [operation, argument], message: undefined, responder });
  return { who, outcomes, withdraw };
}

/** The reply to a request that is replied to at once. */
function now(state: HubObject, who: ParticipantId, operation: string, argument?: unknown): unknown {
  const { outcomes } = ask(state, who, operation, argument, true);
  expect(outcomes).toHaveLength(1);
  return outcomes[0];
}

function die(state: HubObject, who: ParticipantId): void {
  state.detached?.(who, true);
}

const participants = [{ name: "a" }, { name: "b" }, { name: "c" }] as const;
const [a, b, c] = participants;

const states: [string, () => HubObject][] = [
  ["lock", () => new LockState(false)],
  ["semaphore", () => new SemaphoreState({ value: 1, robust: false }, false)],
  ["event", () => new EventState()],
  ["condition", () => new ConditionState()],
  ["barrier", () => new BarrierState(2)],
];

describe("barrier: early arrivals", () => {
  it("can be withdrawn also after a phase that had no place for them", () => {
    const state = new BarrierState(2);
    now(state, a, "arrive");
    now(state, b, "arrive");
    // All came before the last party of the phase has ended it.
    const [first, second, third] = [ask(state, a, "arrive"), ask(state, b, "arrive"), ask(state, c, "arrive")];
    now(state, b, "end", ["pass", 0]);
    expect([first, second, third].map(({ outcomes }) => outcomes.length)).toEqual([1, 1, 0]);
    expect(third.withdraw?.()).toBe(true);
    now(state, b, "end", ["pass", 1]);
    expect(third.outcomes).toEqual([]);
    expect(now(state, a, "state")).toEqual({ parties: 2, waiting: 0, broken: false });
  });
});

describe.each(states)("%s: requests that make no sense", (_name, make) => {
  it("are errors that change nothing", () => {
    const state = make();
    for (const operation of ["", "nothing", "toString", "__proto__", "constructor", 5, null, undefined, {}]) {
      const { outcomes, withdraw } = ask(state, a, operation);
      expect(outcomes).toEqual([expect.any(CorruptedError)]);
      expect(withdraw).toBeUndefined();
    }
    for (const meta of [undefined, null, 5, "acquire", {}, []]) {
      const outcomes: unknown[] = [];
      const responder = { reply: () => {}, deliver: () => {}, decline: () => {}, fail: (error: Error) => void outcomes.push(error) };
      state.handle({ op: Op.call, participant: a, once: false, meta, message: undefined, responder });
      state.handle({ op: Op.put, participant: a, once: false, meta, message: undefined, responder });
      expect(outcomes).toEqual([expect.any(CorruptedError), expect.any(CorruptedError)]);
    }
  });
});

describe("numbers that make no sense", () => {
  it.each([
    ["lock", new LockState(true), "acquire", [0, -1, 1.5, Number.NaN, "1", undefined, null]],
    ["condition", new ConditionState(), "notified", [-1, 0, 1.5, "0", undefined]],
    ["condition", new ConditionState(), "leave", [-1, 0, 1.5, "0", undefined]],
    ["condition", new ConditionState(), "notify", [-1, 1.5, "1", undefined]],
    ["barrier", new BarrierState(2), "passed", [-1, 1.5, "0", undefined]],
  ] as const)("%s", (_name, state, operation, values) => {
    for (const value of values) expect(() => ask(state, a, operation, value)).toThrow(CorruptedError);
  });

  it("are also those of another process's waiter", () => {
    const state = new ConditionState();
    const waiter = now(state, a, "enter");
    expect(() => ask(state, b, "notified", waiter)).toThrow(CorruptedError);
    expect(() => ask(state, b, "leave", waiter)).toThrow(CorruptedError);
  });
});

describe("lock", () => {
  it("is passed on in order, also by a death, and the death is told once", () => {
    const state = new LockState(false);
    expect(now(state, a, "acquire", 1)).toBe("granted");
    expect(now(state, a, "acquire", 1)).toBe(DECLINED);
    const second = ask(state, b, "acquire", 1);
    const third = ask(state, c, "acquire", 1);
    expect(second.outcomes).toEqual([]);
    die(state, a);
    expect([second.outcomes, third.outcomes]).toEqual([["abandoned"], []]);
    expect(now(state, c, "release")).toBe(1);
    expect(third.outcomes).toEqual(["granted"]);
    expect(now(state, c, "release")).toBe(1);
    expect(now(state, c, "release")).toBeInstanceOf(StateError);
  });

  it("is told as abandoned to the next holder if the one before had withdrawn its request", () => {
    const state = new LockState(false);
    now(state, a, "acquire", 1);
    const second = ask(state, b, "acquire", 1);
    const third = ask(state, c, "acquire", 1);
    die(state, a);
    expect(second.outcomes).toEqual(["abandoned"]);
    expect(second.withdraw?.()).toBe(false);
    now(state, b, "release", 1);
    expect(third.outcomes).toEqual(["abandoned"]);
    now(state, c, "release");
    expect(now(state, a, "acquire", 1)).toBe("granted");
  });

  it("stays with its new holder when a withdrawn request of another process gives it back", () => {
    const state = new LockState(false);
    now(state, a, "acquire", 1);
    expect(now(state, c, "release")).toBe(1);
    expect(now(state, b, "acquire", 1)).toBe("granted");
    expect(now(state, a, "release", 1)).toBeInstanceOf(StateError);
    expect(now(state, b, "held")).toBe(1);
  });

  const command = fc.record({
    do: fc.constantFrom("acquire" as const, "look" as const, "release" as const, "all" as const, "withdraw" as const, "depart" as const),
    who: fc.nat(2),
    which: fc.nat(),
  });

  it.each([false, true])(
    "recursive %s: has one holder at a time, is never free while a request waits, and tells of a death once",
    (recursive) => {
      fc.assert(
        fc.property(fc.array(command, { maxLength: 60, size: "max" }), (commands) => {
          const state = new LockState(recursive);
          const waits: (Asked & { seen: boolean; gone: boolean })[] = [];
          let [owner, depth, untold] = [undefined as ParticipantId | undefined, 0, false];
          const grant = (who: ParticipantId, how: unknown): void => {
            expect(owner === undefined || (recursive && owner === who)).toBe(true);
            expect(how).toBe(untold ? "abandoned" : "granted");
            [owner, depth, untold] = [who, owner === who ? depth + 1 : 1, false];
          };
          const settle = (): void => {
            for (const wait of waits) {
              if (wait.seen || wait.outcomes.length === 0) continue;
              wait.seen = true;
              expect(wait.gone).toBe(false);
              grant(wait.who, wait.outcomes[0]);
            }
          };
          for (const step of commands) {
            const who = participants[step.who] as ParticipantId;
            if (step.do === "acquire") {
              waits.push({ ...ask(state, who, "acquire", 1), seen: false, gone: false });
            } else if (step.do === "look") {
              const reply = now(state, who, "acquire", 1);
              if (reply !== DECLINED) grant(who, reply);
              else expect(owner !== undefined && !(recursive && owner === who)).toBe(true);
            } else if (step.do === "release" || step.do === "all") {
              const may = owner !== undefined && (!recursive || owner === who);
              const released = step.do === "all" ? depth : 1;
              // The lock is passed on at once, so the model must know before.
              if (may) depth -= released;
              if (may && depth === 0) owner = undefined;
              const reply = now(state, who, "release", step.do === "all");
              if (may) expect(reply).toBe(released);
              else expect(reply).toBeInstanceOf(StateError);
            } else if (step.do === "withdraw") {
              const wait = waits[step.which % Math.max(1, waits.length)];
              if (wait !== undefined && !wait.gone && wait.withdraw !== undefined) {
                const took = wait.withdraw();
                expect(took).toBe(!wait.seen);
                if (took) wait.gone = true;
              }
            } else {
              // The hub withdraws the requests of a process before the process leaves.
              for (const wait of waits) if (wait.who === who && !wait.seen && !wait.gone) wait.gone = wait.withdraw?.() === true;
              if (owner === who) [owner, depth, untold] = [undefined, 0, true];
              die(state, who);
            }
            settle();
            const pending = waits.filter((wait) => !wait.seen && !wait.gone);
            if (owner === undefined) expect(pending).toEqual([]);
            if (recursive) expect(pending.filter((wait) => wait.who === owner)).toEqual([]);
            for (const each of participants) expect(now(state, each, "held")).toBe(each === owner ? depth : 0);
          }
        }),
        { numRuns: 300 },
      );
    },
  );
});

describe("semaphore", () => {
  const command = fc.record({
    do: fc.constantFrom("acquire" as const, "look" as const, "release" as const, "withdraw" as const, "depart" as const),
    who: fc.nat(2),
    which: fc.nat(),
  });

  it("neither loses nor makes a permit, whichever process dies", () => {
    fc.assert(
      fc.property(fc.nat(3), fc.boolean(), fc.boolean(), fc.array(command, { maxLength: 60 }), (value, bounded, robust, commands) => {
        const state = new SemaphoreState({ value, robust }, bounded);
        const waits: (Asked & { seen: boolean; gone: boolean })[] = [];
        const held = new Map<ParticipantId, number>();
        let free = value;
        // A release by a process without a permit counts for the process that has held a permit for longest.
        const change = (who: ParticipantId, by: number): void => {
          const count = (held.get(who) ?? 0) + by;
          if (count > 0) held.set(who, count);
          else held.delete(who);
        };
        const settle = (): void => {
          for (const wait of waits) {
            if (wait.seen || wait.outcomes.length === 0) continue;
            wait.seen = true;
            expect([wait.gone, wait.outcomes]).toEqual([false, ["granted"]]);
            free--;
            change(wait.who, 1);
          }
        };
        for (const step of commands) {
          const who = participants[step.who] as ParticipantId;
          if (step.do === "acquire") {
            waits.push({ ...ask(state, who, "acquire"), seen: false, gone: false });
          } else if (step.do === "look") {
            const reply = now(state, who, "acquire");
            expect(reply).toBe(free > 0 ? "granted" : DECLINED);
            if (reply === "granted") {
              free--;
              change(who, 1);
            }
          } else if (step.do === "release") {
            const may = !bounded || free < value;
            if (may) {
              const owner = (held.get(who) ?? 0) > 0 ? who : held.keys().next().value;
              if (owner !== undefined) change(owner, -1);
              free++;
              expect(now(state, who, "release")).toBeUndefined();
            } else expect(now(state, who, "release")).toBeInstanceOf(StateError);
          } else if (step.do === "withdraw") {
            const wait = waits[step.which % Math.max(1, waits.length)];
            if (wait !== undefined && !wait.gone && wait.withdraw !== undefined) wait.gone = wait.withdraw();
          } else {
            for (const wait of waits) if (wait.who === who && !wait.seen && !wait.gone) wait.gone = wait.withdraw?.() === true;
            if (robust) free += held.get(who) ?? 0;
            held.delete(who);
            die(state, who);
          }
          settle();
          expect(now(state, a, "value")).toBe(free);
          if (free > 0) expect(waits.filter((wait) => !wait.seen && !wait.gone)).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("event", () => {
  it("wakes all requests that wait, even if it is set for a moment, but not one that was withdrawn", () => {
    const state = new EventState();
    const waits = participants.map((who) => ask(state, who, "wait"));
    expect(waits[2]?.withdraw?.()).toBe(true);
    now(state, a, "set");
    now(state, a, "clear");
    expect(waits.map(({ outcomes }) => outcomes)).toEqual([[true], [true], []]);
    expect(waits[0]?.withdraw?.()).toBe(false);
    expect(now(state, b, "isSet")).toBe(false);
    expect(now(state, b, "wait")).toBe(DECLINED);
  });
});

describe("condition", () => {
  const command = fc.record({
    do: fc.constantFrom("enter" as const, "notify" as const, "withdraw" as const, "leave" as const, "depart" as const),
    who: fc.nat(2),
    count: fc.nat(3),
    which: fc.nat(),
  });

  it("notifies the waiter that came first, or the next one if that one can't use it", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const state = new ConditionState();
        let waiters: { who: ParticipantId; waiter: number; asked: Asked; notified: boolean }[] = [];
        const mark = (count: number): void => {
          for (const each of waiters.filter(({ notified }) => !notified).slice(0, count)) each.notified = true;
        };
        const leave = (each: (typeof waiters)[number]): boolean => {
          waiters = waiters.filter((other) => other !== each);
          return now(state, each.who, "leave", each.waiter) === true;
        };
        for (const step of commands) {
          const who = participants[step.who] as ParticipantId;
          const some = waiters[step.which % Math.max(1, waiters.length)];
          if (step.do === "enter") {
            const waiter = now(state, who, "enter") as number;
            waiters.push({ who, waiter, asked: ask(state, who, "notified", waiter), notified: false });
          } else if (step.do === "notify") {
            mark(step.count);
            now(state, who, "notify", step.count);
          } else if (step.do === "withdraw" && some !== undefined) {
            expect(some.asked.withdraw?.()).toBe(!some.notified);
            expect(leave(some)).toBe(some.notified);
          } else if (step.do === "leave" && some?.notified) {
            expect(leave(some)).toBe(true);
          } else if (step.do === "depart") {
            const unused = waiters.filter((each) => each.who === who && each.notified).length;
            waiters = waiters.filter((each) => each.who !== who);
            mark(unused);
            die(state, who);
          }
          for (const { asked, notified } of waiters) expect(asked.outcomes).toEqual(notified ? [true] : []);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("barrier", () => {
  const arrive = (state: BarrierState, who: ParticipantId): { index: number; phase: number; last: boolean } =>
    now(state, who, "arrive") as { index: number; phase: number; last: boolean };

  it("ends a phase when the last party says so, and lets an early arrival wait for that", () => {
    const state = new BarrierState(2);
    expect(arrive(state, a)).toEqual({ index: 0, phase: 0, last: false });
    const waiting = ask(state, a, "passed", 0);
    expect(arrive(state, b)).toEqual({ index: 1, phase: 0, last: true });
    const early = ask(state, c, "arrive");
    expect([waiting.outcomes, early.outcomes]).toEqual([[], []]);
    expect(now(state, b, "end", "pass")).toBe(true);
    expect(waiting.outcomes).toEqual([true]);
    expect(early.outcomes).toEqual([{ index: 0, phase: 1, last: false }]);
    expect(now(state, a, "passed", 0)).toBe(true);
    expect(now(state, b, "end", "pass")).toBeInstanceOf(BrokenBarrierError);
  });

  it("is broken by a death, and by an end in order only if that party had arrived", () => {
    for (const [come, died, broken] of [
      [false, true, true],
      [true, true, true],
      [true, false, true],
      [false, false, false],
    ]) {
      const state = new BarrierState(3);
      arrive(state, a);
      const waiting = ask(state, a, "passed", 0);
      if (come) arrive(state, b);
      state.detached(b, died === true);
      expect(waiting.outcomes).toEqual(broken ? [expect.any(BrokenBarrierError)] : []);
      expect(now(state, a, "state")).toEqual({ parties: 3, waiting: broken ? 0 : 1, broken });
      if (broken) expect(now(state, c, "arrive")).toBeInstanceOf(BrokenBarrierError);
    }
  });

  it("ends a phase for good by a reset, also for a party that asks later", () => {
    const state = new BarrierState(2);
    arrive(state, a);
    now(state, c, "end", "reset");
    expect(now(state, a, "passed", 0)).toBeInstanceOf(BrokenBarrierError);
    for (let phase = 1; phase < 200; phase++) {
      expect(arrive(state, a).phase).toBe(phase);
      arrive(state, b);
      now(state, b, "end", phase % 3 === 0 ? "reset" : "pass");
      const ended = now(state, a, "passed", phase);
      if (phase % 3 === 0) expect(ended).toBeInstanceOf(BrokenBarrierError);
      else expect(ended).toBe(true);
    }
  });

  it("ignores a late end of a phase that is over", () => {
    const state = new BarrierState(2);
    arrive(state, a);
    arrive(state, b);
    now(state, b, "end", ["pass", 0]);
    expect(arrive(state, b).phase).toBe(1);
    expect(now(state, a, "end", ["break", 0])).toBe(false);
    now(state, c, "end", "reset");
    expect(now(state, a, "end", ["pass", 1])).toBeInstanceOf(BrokenBarrierError);
    expect(now(state, a, "end", ["break", 1])).toBeInstanceOf(BrokenBarrierError);
    expect(now(state, a, "state")).toEqual({ parties: 2, waiting: 0, broken: false });
    expect(() => now(state, a, "end", ["break", -1])).toThrow(CorruptedError);
  });

  it("stays broken until a reset, and rejects an unknown end", () => {
    const state = new BarrierState(2);
    now(state, a, "end", "break");
    expect(now(state, a, "arrive")).toBeInstanceOf(BrokenBarrierError);
    for (const how of ["pass", "nothing", undefined, 5]) expect(now(state, a, "end", how)).toBeInstanceOf(BrokenBarrierError);
    now(state, a, "end", "reset");
    expect(now(state, a, "state")).toEqual({ parties: 2, waiting: 0, broken: false });
    expect(arrive(state, a).index).toBe(0);
  });
});
