import { describe, expect, it } from "vitest";
import type { Delivery, HubObject } from "../../src/backend/portable/hub/request.ts";
import { makePipeEnds } from "../../src/backend/portable/objects/pipe.ts";
import { Op } from "../../src/codec/op.ts";
import { asKept } from "../../src/util/bytes.ts";

/** One request, and what came of it. */
interface Asked {
  outcome: number | "declined" | "error" | undefined;
  delivery: Delivery | undefined;
}

function ask(end: HubObject, participant: object, op: number, byte?: number, once = false): Asked {
  const asked: Asked = { outcome: undefined, delivery: undefined };
  const message =
    byte === undefined ? undefined : { bytes: asKept(Uint8Array.of(byte)), refs: [], objectsHeld: undefined, release: () => {} };
  const responder = {
    reply: () => {},
    deliver: ({ bytes }: { bytes: Uint8Array }, delivery: Delivery) => Object.assign(asked, { outcome: bytes[0], delivery }),
    fail: () => Object.assign(asked, { outcome: "error" }),
    decline: () => Object.assign(asked, { outcome: "declined" }),
  };
  end.handle({ op, participant, once, meta: undefined, message, responder });
  return asked;
}

function pipe(): { put: (byte: number) => void; end: HubObject; other: HubObject } {
  const [end, other] = makePipeEnds(true);
  const writer = {};
  other.attached?.(writer);
  return { put: (byte) => void ask(other, writer, Op.put, byte), end, other };
}

describe("a message that a reader asks for before its program does", () => {
  it("is sent to the only reader, and the request of another one ends such a request", () => {
    const { put, end } = pipe();
    const [first, second] = [{}, {}];
    end.attached?.(first);
    put(1);
    const taken = ask(end, first, Op.getAhead);
    expect(taken.outcome).toBe(1);
    taken.delivery?.settle();
    const waiting = ask(end, first, Op.getAhead);
    expect(waiting.outcome).toBeUndefined();
    expect(ask(end, first, Op.getAhead).outcome).toBe("declined");
    end.attached?.(second);
    expect(waiting.outcome).toBe("declined");
    expect(ask(end, first, Op.getAhead).outcome).toBe("declined");
  });

  it("makes another reader wait until it was read, so that the order stays", () => {
    const { put, end } = pipe();
    const [first, second] = [{}, {}];
    end.attached?.(first);
    for (const byte of [1, 2, 3]) put(byte);
    const ahead = ask(end, first, Op.getAhead);
    end.attached?.(second);
    const other = ask(end, second, Op.get);
    expect(other.outcome).toBeUndefined();
    expect(ask(end, second, Op.get, undefined, true).outcome).toBe("declined");
    ahead.delivery?.giveBack();
    expect(other.outcome).toBe(1);
    other.delivery?.settle();
    expect(ask(end, first, Op.get).outcome).toBe(2);
  });

  it("comes back after the writer has ended, or is the last one", () => {
    for (const comesBack of [true, false]) {
      const { put, end, other } = pipe();
      const [first, second] = [{}, {}];
      end.attached?.(first);
      put(1);
      const ahead = ask(end, first, Op.getAhead);
      end.attached?.(second);
      const waiting = ask(end, second, Op.get);
      other.discard?.();
      expect(waiting.outcome).toBeUndefined();
      if (comesBack) ahead.delivery?.giveBack();
      else ahead.delivery?.settle();
      expect(waiting.outcome).toBe(comesBack ? 1 : "error");
    }
  });
});
