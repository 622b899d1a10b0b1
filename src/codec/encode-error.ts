import { isNative } from "../util/built-in-class.ts";
import { errorClassName, isLanguageError } from "./classes.ts";
import { readOrDescribe, symbolsOf } from "./fields.ts";
import { textOf } from "./refusal.ts";
import { ERROR_TEXTS, ErrorPart, Tag } from "./tags.ts";
import type { ValueEncoder } from "./value-encoder.ts";

const PARTS = ["message", "stack", "cause", "errors"] as const;
/** What a SuppressedError keeps in properties that are not enumerable. They travel as fields. */
export const SUPPRESSED = ["error", "suppressed"] as const;
// What an engine notes of its own accord in each error is not enumerable, and so no field either.
const NO_FIELDS: ReadonlySet<string> = new Set(PARTS);
/** The name under which errors of the class DOMException travel. Their own names follow. */
export const DOM_EXCEPTION = "DOMException";

/**
 * Writes an error: its class, its message, stack, cause and errors where it has them, and its other fields. A part that can't travel is
 * replaced by a text that describes it, because the rest of an error must arrive in any case.
 */
export function encodeError(error: Error, prototype: object, encoder: ValueEncoder, depth: number): void {
  const before = encoder.handleParts("describe");
  if (before === "describe objects") encoder.handleParts(before);
  try {
    const { out } = encoder;
    const [className, ownName] = classNames(error, prototype);
    out.byte(Tag.error);
    encoder.value(className ?? null, depth);
    out.string(ownName);
    const present = PARTS.filter((part) => isPresent(error, part, className));
    out.byte(present.reduce((bits, part) => bits | ErrorPart[part], 0));
    for (const part of present) encoder.value(read(error, part), depth + 1);
    const fields = fieldsOf(error, className);
    out.size(fields.length);
    for (const [key, value] of fields) {
      out.string(key);
      encoder.value(value, depth + 1);
    }
  } finally {
    encoder.handleParts(before);
  }
}

// On some runtimes, `message` and `stack` are getters of the prototype. So these two are read, and not looked up as own properties.
function isPresent(error: Error, part: (typeof PARTS)[number], className: string | undefined): boolean {
  if (part === "cause" || part === "errors") return Object.hasOwn(error, part);
  if (textIn(error, part) !== "") return true;
  // An error has no message, or an empty one. A DOMException always has one.
  return part === "message" && className !== DOM_EXCEPTION && Object.hasOwn(error, part);
}

function textIn(error: Error, key: "message" | "stack" | "name"): string {
  const text = readOrDescribe(error, key);
  return typeof text === "string" ? text : "";
}

// Programs may assign any value to the parts that should be text. Code that prints an error expects text there, so other values are
// converted.
function read(error: Error, key: string): unknown {
  const value = readOrDescribe(error, key);
  return typeof value === "string" || !ERROR_TEXTS.has(key) ? value : textOf(value);
}

function fieldsOf(error: Error, className: string | undefined): (readonly [key: string, value: unknown])[] {
  const fields: [string, unknown][] = [];
  for (const key of Object.keys(error)) {
    if (NO_FIELDS.has(key)) continue;
    const value = read(error, key);
    // The receiver has such a method already. A text in its place would break the code that calls it.
    if (typeof value === "function" && key in Error.prototype) continue;
    fields.push([key, value]);
  }
  // Its name and code come with its class. Deno keeps its parts under symbols.
  if (className === DOM_EXCEPTION) return fields;
  for (const key of ["name", "code"]) {
    if (!isHidden(error, key, className)) continue;
    const value = read(error, key);
    if (value !== undefined) fields.push([key, value]);
  }
  for (const key of SUPPRESSED) if (Object.getOwnPropertyDescriptor(error, key)?.enumerable === false) fields.push([key, read(error, key)]);
  for (const symbol of symbolsOf(error)) fields.push([String(symbol), readOrDescribe(error, symbol as never)]);
  return fields;
}

// Runtimes keep the code and the name of their own errors in properties that are not enumerable, or only in the prototype.
function isHidden(error: Error, key: string, className: string | undefined): boolean {
  const own = Object.getOwnPropertyDescriptor(error, key);
  if (own !== undefined) return !own.enumerable;
  return key === "code" && (className === undefined || isLanguageError(className)) && readOrDescribe(error, key) !== undefined;
}

const domName = typeof DOMException === "undefined" ? undefined : Object.getOwnPropertyDescriptor(DOMException.prototype, "name")?.get;

// Returns the name of a class that the receiver knows, or else the name by which it can tell its user what the class was.
function classNames(error: Error, prototype: object): readonly [className: string | undefined, ownName: string] {
  const className = errorClassName(prototype);
  if (className !== undefined) return [className, ""];
  if (domName !== undefined && error instanceof DOMException) return [DOM_EXCEPTION, String(domName.call(error))];
  // It is read from the prototype, because own fields of the error may have the names "constructor" and "name" and any value.
  const name: unknown = prototype.constructor?.name;
  if (name === DOM_EXCEPTION) return [DOM_EXCEPTION, textIn(error, "name")];
  const isInherited = typeof name === "string" && isLanguageError(name) && isNative(prototype.constructor);
  return [undefined, typeof name === "string" && name !== "" && !isInherited ? name : textIn(error, "name")];
}
