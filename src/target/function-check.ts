import { runtime } from "../runtime/current.ts";
import type { Callable, FunctionCheck } from "./target.ts";

/**
 * Returns the marks of a function, by which another process can recognise it.
 *
 * @param transformed whether the function's text may be another one there
 */
export function functionCheck(target: Callable, transformed: boolean = false): FunctionCheck {
  const source = Function.prototype.toString.call(target);
  return {
    source: transformed ? undefined : hashOf(source),
    runtime: `${runtime.name} ${runtime.version}`,
    fnName: target.name,
    length: target.length,
    kind: /^class\b/.test(source) ? "class" : target.constructor.name,
  };
}

/** Returns whether a function of this process fits the marks that another process made. */
export function isSameFunction(found: Callable, expected: FunctionCheck): boolean {
  const actual = functionCheck(found);
  if (expected.source !== undefined && actual.runtime === expected.runtime) return actual.source === expected.source;
  return actual.fnName === expected.fnName && actual.length === expected.length && actual.kind === expected.kind;
}

// The hash prevents mistakes, and not attacks. So it need not be a cryptographic hash, which would cost each child 5 ms.
function hashOf(text: string): string {
  let [first, second] = [0x811c9dc5, 0x9e3779b9];
  for (let i = 0; i < text.length; i++) {
    first = Math.imul(first ^ text.charCodeAt(i), 0x01000193);
    second = Math.imul(second ^ text.charCodeAt(i), 0x85ebca6b);
    second ^= second >>> 13;
  }
  return `${text.length} ${first >>> 0} ${second >>> 0}`;
}
