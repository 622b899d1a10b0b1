// What a manager's server does with calls that no proxy of this version makes.
import { describe, expect, it } from "vitest";
import type { IncomingCall, Reply } from "../../src/backend/contract/managed.ts";
import { encode } from "../../src/codec/encode.ts";
import { type Outcome, openReply } from "../../src/manager/outcome.ts";
import { dictServant } from "../../src/manager/server/dict.ts";
import { Host } from "../../src/manager/server/host.ts";
import { makeInstance } from "../../src/manager/server/instance.ts";
import { iteratorOf } from "../../src/manager/server/iterator.ts";
import { listServant } from "../../src/manager/server/list.ts";
import { namespaceServant } from "../../src/manager/server/namespace.ts";
import type { Servant } from "../../src/manager/server/servant.ts";
import { serve } from "../../src/manager/server/serve.ts";
import { setServant } from "../../src/manager/server/set.ts";
import { asKept } from "../../src/util/bytes.ts";

const host = new Host({ id: "id", pid: 1, name: "server", runtime: "node" }, undefined);

class Thing {
  field = (): string => "a field";
  method(): string {
    return "public";
  }
  get getter(): string {
    throw new Error("a getter must not run");
  }
  _private(): void {}
  // biome-ignore lint/suspicious/noThenProperty: a class of a user may have it.
  then(): void {}
}

const servants: Record<string, Servant> = {
  dict: dictServant([["a", 1]], host),
  list: listServant([1], host),
  set: setServant([1]),
  namespace: namespaceServant([["a", 1]], host),
  instance: makeInstance(Thing as never, [], host).servant,
};

function callWith(servant: Servant, bytes: Uint8Array): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const reply = ({ bytes: replied }: Reply): void =>
    resolve(openReply({ message: { bytes: replied, refs: [] }, lent: true, settle: () => {} }));
  const call: IncomingCall = {
    incoming: { message: { bytes: asKept(bytes), refs: [] }, lent: false, settle: () => {} },
    caller: {},
    reply,
  };
  serve(servant).call(call);
  return promise;
}

const names = ["nothing", "constructor", "__proto__", "toString", "hasOwnProperty", "_private", "field", "getter", "then", ""];

describe("calls of a managed object", () => {
  for (const [kind, servant] of Object.entries(servants)) {
    it(`a ${kind} refuses methods that it does not have`, async () => {
      for (const name of names) {
        const { status, value } = await callWith(servant, encode([name]).bytes);
        expect([name, status]).toEqual([name, 1]);
        expect(value).toBeInstanceOf(TypeError);
        expect((value as Error).message).toContain(`no method "${name}"`);
      }
    });

    it(`a ${kind} answers what is no call with an error`, async () => {
      const noCalls = [
        new Uint8Array(0),
        new Uint8Array([255, 1, 2]),
        encode(5).bytes,
        encode([5]).bytes,
        encode([]).bytes,
        encode({}).bytes,
      ];
      for (const bytes of noCalls) {
        const { status, value } = await callWith(servant, bytes);
        expect(status).toBe(1);
        expect(value).toBeInstanceOf(Error);
      }
    });

    it(`a ${kind} lives on after arguments that make no sense`, async () => {
      const methods = ["get", "set", "add", "update", "pop", "at", "extend", "insert", "sort", "slice", "compute", "remove", "delete"];
      for (const method of methods)
        for (const args of [[], [null], [{}, {}], [Number.NaN], [-1, -1, -1], [[[]]], ["a", { module: "x" }, 5], [0, null, null]])
          await callWith(servant, encode([...args, method]).bytes);
    });
  }

  it("public methods are those of the prototypes, and nothing else", () => {
    expect(makeInstance(Thing as never, [], host).methods).toEqual(["method"]);
  });

  it("values that can be iterated, but travel, are no iterators", () => {
    for (const value of [[], "text", new Map(), new Set(), new Uint8Array(1), {}, null, 5]) expect(iteratorOf(value)).toBeUndefined();
    expect(iteratorOf([].values())).toBeDefined();
    expect(iteratorOf({ [Symbol.asyncIterator]: () => ({}) })).toBeDefined();
  });
});
