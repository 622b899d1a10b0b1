// A module with classes that only the child registers.
import { createServer } from "node:net";
import { fromWire, Queue, registerClass, toWire } from "../../../mod.ts";

class OnlyInChild extends RangeError {
  readonly status: number = 418;
}
registerClass(OnlyInChild);

class Price {
  readonly cents: number;
  constructor(cents: number) {
    this.cents = cents;
  }
}
registerClass(Price);

class Money {
  readonly amount: bigint;
  constructor(amount: bigint) {
    this.amount = amount;
  }
  static [toWire](money: Money): unknown[] {
    return [{ amount: money.amount }];
  }
  static [fromWire]([{ amount }]: [{ amount: bigint }]): Money {
    return new Money(amount);
  }
}
registerClass(Money);

export function throwsOnlyInChild(): never {
  const after = { a: 1 };
  throw Object.assign(new OnlyInChild("not known there"), { price: new Price(5), money: new Money(5n), after, again: after });
}

export function throwsWithEverything(): never {
  const closed = new Queue();
  closed.close();
  const fail = (): never => {
    throw new Error("from the getter");
  };
  const error = new TypeError("with everything", { cause: Object.assign(new RangeError("inner"), { server: createServer() }) });
  Object.defineProperty(error, "bad", { enumerable: true, get: fail });
  throw Object.assign(error, {
    code: "E_ALL",
    closed,
    fn: fail,
    [Symbol.for("nodejs.util.inspect.custom")]: () => {
      throw new Error("from inspect");
    },
  });
}

export function throwsNoError(): never {
  throw { reason: "no error", list: [Symbol("s"), 2], fn: () => 1 };
}

export function throwsFunction(): never {
  throw throwsNoError;
}

export function throwsProxy(): never {
  const fail = (): never => {
    throw new Error("from the trap");
  };
  throw new Proxy(new Error("behind"), { get: fail, getPrototypeOf: fail });
}
