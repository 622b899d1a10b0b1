import { errorClassName } from "./classes.ts";
import { readField, refuseSymbols } from "./fields.ts";
import { Refusal } from "./refusal.ts";
import { ERROR_TEXTS, ErrorPart, Tag } from "./tags.ts";
import type { Writer } from "./writer.ts";

/** The part of the encoder that encoding an error needs. */
interface ValueEncoder {
  readonly out: Writer;
  value(value: unknown, depth: number): void;
  fields(object: object, keys: readonly string[], depth: number): void;
}

// Own properties of errors that are not sent as fields: some are sent as parts, and the others are specific to one engine.
const NO_FIELDS = new Set(["message", "stack", "cause", "errors", "line", "column", "sourceURL", "originalLine", "originalColumn"]);

/** Writes an error: its class, its message, stack, cause and errors where it has them, and its other fields. */
export function encodeError(error: Error, prototype: object, encoder: ValueEncoder, depth: number): void {
  const { out } = encoder;
  const parts = partsOf(error);
  const className = errorClassName(prototype);
  out.byte(Tag.error);
  encoder.value(className ?? null, depth);
  out.string(className === undefined ? foreignName(error, prototype) : "");
  out.byte(parts);
  let key: "message" | "stack" | "cause" | "errors" = "message";
  try {
    for (key of ["message", "stack", "cause", "errors"] as const) {
      if ((parts & ErrorPart[key]) !== 0) encoder.value(fieldOf(error, key), depth + 1);
    }
  } catch (refused) {
    throw refused instanceof Refusal ? refused.inside(key) : refused;
  }
  refuseSymbols(error);
  const keys = Object.keys(error).filter((each) => !NO_FIELDS.has(each));
  const fields = Object.fromEntries(keys.map((each) => [each, fieldOf(error, each)]));
  encoder.fields(fields, keys, depth);
}

// On some runtimes, `message` and `stack` are getters of the prototype. So these two are read, and not looked up as own properties.
function partsOf(error: Error): number {
  const has = (key: string): boolean => Object.hasOwn(error, key);
  return (
    (has("message") || textOf(error, "message") !== "" ? ErrorPart.message : 0) |
    (textOf(error, "stack") !== "" ? ErrorPart.stack : 0) |
    (has("cause") ? ErrorPart.cause : 0) |
    (has("errors") ? ErrorPart.errors : 0)
  );
}

function textOf(error: Error, key: "message" | "stack" | "name"): string {
  const text = readField(error, key);
  return typeof text === "string" ? text : "";
}

// Programs may assign any value to the parts that should be text. Code that prints an error expects text there, so other values are
// converted.
function fieldOf(error: Error, key: string): unknown {
  const value = readField(error, key);
  if (typeof value === "string" || !ERROR_TEXTS.has(key)) return value;
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

const domName = typeof DOMException === "undefined" ? undefined : Object.getOwnPropertyDescriptor(DOMException.prototype, "name")?.get;

// Returns the name of a class that the receiver need not know. It is read from the prototype, because own fields of the error may have the
// names "constructor" and "name" and any value.
function foreignName(error: Error, prototype: object): string {
  if (typeof DOMException !== "undefined" && error instanceof DOMException) return String(domName?.call(error));
  const name: unknown = prototype.constructor?.name;
  return typeof name === "string" && name !== "" ? name : textOf(error, "name");
}
