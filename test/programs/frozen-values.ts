// Freezes the built-in classes before it loads the library, as a hardened program does, and then sends values and errors.
import { readFileSync } from "node:fs";

const ERRORS = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError];
const ALL = [Object, Array, Map, Set, Date, RegExp, Function, Promise, String, Number, Boolean, BigInt, Symbol, ...ERRORS];

export function fails(): never {
  throw Object.assign(new RangeError("from a child"), { code: "E_CHILD", fn: () => 1 });
}

class Own extends Error {}

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

if (import.meta.main) {
  for (const Class of ALL) {
    Object.freeze(Class);
    Object.freeze(Class.prototype);
  }
  const { Process, Queue, StateError } = await import("../../mod.ts");
  const queue = new Queue<unknown>();
  const given = [
    { constructor: 1, toString: "t", valueOf: [1] },
    new TypeError("bad"),
    new StateError("early"),
    thrownBy(() => readFileSync("/does not exist")),
    new DOMException("gone", "AbortError"),
    new Own("own"),
  ];
  const values: string[] = [];
  for (const [i, value] of given.entries()) {
    await queue.put(value);
    const back = await queue.get();
    values.push(i === 0 ? JSON.stringify(back) : i === 3 ? String((back as NodeJS.ErrnoException).code) : String(back));
  }
  const refused = await queue.get({ timeOut: 1 } as never).catch((error: Error) => error.name);
  queue.close();
  const child = new Process({ target: fails, stderr: "null" });
  await child.start();
  const error = (await child.result().catch((thrown: unknown) => thrown)) as Error & Record<string, unknown>;
  await child.join();
  console.log(JSON.stringify({ values, refused, thrown: [String(error), error.code, typeof error.fn] }));
}
