import assert from "node:assert/strict";
import { inspect } from "node:util";
import { getContext, SharedMemory, UnsupportedError } from "../../../mod.ts";
import { type Cases, slow } from "../../suite/case.ts";
import { isNative } from "../../suite/help.ts";

const portable = getContext("spawn", { backend: "portable" });

const WRONG: readonly [unknown, typeof TypeError | typeof RangeError, RegExp][] = [
  [undefined, TypeError, /size\?, name\?, create\?/],
  ["a name", TypeError, /size\?, name\?, create\?/],
  [null, TypeError, /size\?, name\?, create\?/],
  [{ create: "yes", size: 1 }, TypeError, /create must be a boolean/],
  [{ create: true }, TypeError, /size must be a number/],
  [{ create: true, size: "1" }, TypeError, /size must be a number/],
  [{ create: true, size: 1n }, TypeError, /size must be a number/],
  [{ create: true, size: 0 }, RangeError, /above 0, received 0/],
  [{ create: true, size: -0 }, RangeError, /above 0/],
  [{ create: true, size: -1 }, RangeError, /above 0, received -1/],
  [{ create: true, size: 1.5 }, RangeError, /whole number/],
  [{ create: true, size: Number.NaN }, RangeError, /whole number/],
  [{ create: true, size: Number.POSITIVE_INFINITY }, RangeError, /whole number/],
  [{ create: true, size: 2 ** 53 }, RangeError, /whole number/],
  [{ size: "1" }, TypeError, /size must be a number/],
  [{ size: 0 }, RangeError, /above 0, received 0/],
  [{}, TypeError, /size must be a number/],
  [{ name: "n", size: 0 }, RangeError, /above 0, received 0/],
  [{ name: "n", create: false, size: "1" }, TypeError, /size must be a number/],
  [{ name: 5 }, TypeError, /name must be a string/],
  [{ name: null }, TypeError, /name must be a string/],
  [{ name: "" }, RangeError, /name may have/],
  [{ name: "a\0b" }, RangeError, /name may have/],
  [{ name: "a/b" }, RangeError, /name may have/],
  [{ name: "../a" }, RangeError, /name may have/],
  [{ name: "a b" }, RangeError, /name may have/],
  [{ name: "a\n" }, RangeError, /name may have/],
  [{ name: "é" }, RangeError, /name may have/],
  [{ name: "n".repeat(201) }, RangeError, /name may have/],
  [{ name: "a\0b", create: true, size: 1 }, RangeError, /name may have/],
];

export const cases: Cases = {
  "invalid options are refused in the same way on every backend": slow(async () => {
    for (const [options, Class, message] of WRONG) {
      for (const Memory of [SharedMemory, portable.SharedMemory]) {
        assert.throws(
          () => new Memory(options as never),
          (error: Error) => error instanceof Class && message.test(error.message),
          inspect(options),
        );
      }
    }
  }),
  "the portable backend's error names what to use instead": async () => {
    for (const options of [{ size: 16 }, { create: true, size: 16 }, { name: "anything" }]) {
      assert.throws(() => new portable.SharedMemory(options), UnsupportedError);
      assert.throws(() => new portable.SharedMemory(options), /SharedArray works on both/);
    }
    if (!isNative) assert.throws(() => new SharedMemory({ create: true, size: 16 }), UnsupportedError);
  },
  "attaching without a name is an error": async () => {
    const Class = isNative ? TypeError : UnsupportedError;
    assert.throws(() => new SharedMemory({ create: false, size: 16 }), Class);
  },
};
