import { RemoteError } from "../errors/errors.ts";
import { errorClassNamed } from "./classes.ts";
import { defineField } from "./fields.ts";
import { invalid } from "./invalid.ts";
import type { Reader } from "./reader.ts";
import { ERROR_TEXTS, ErrorPart, MAX_DEPTH } from "./tags.ts";

/** The part of the decoder that decoding an error needs. */
interface ValueDecoder {
  readonly input: Reader;
  value(depth: number): unknown;
  /** Reads fields and defines them on the object. */
  fields(object: object, depth: number, define: boolean): void;
  /** Reserves the next number for an object that is not made yet. Returns the number. */
  reserve(): number;
  /** Assigns an object to a reserved number. */
  fill(number: number, object: object): void;
}

/** Reads an error whose tag was read already. */
export function decodeError(decoder: ValueDecoder, depth: number): Error {
  const { input } = decoder;
  const number = decoder.reserve();
  const className = decoder.value(depth + 1);
  const remoteName = input.string();
  const parts = input.byte();
  const has = (part: number): boolean => (parts & part) !== 0;
  const text = (part: number): string | undefined => (has(part) ? textPart(decoder) : undefined);
  const error = makeError(className, remoteName, text(ErrorPart.message));
  decoder.fill(number, error);
  defineField(error, "stack", text(ErrorPart.stack), false);
  if (has(ErrorPart.cause)) defineField(error, "cause", decoder.value(depth + 1), false);
  if (has(ErrorPart.errors)) defineField(error, "errors", decoder.value(depth + 1), false);
  decoder.fields(error, depth, true);
  checkTexts(error);
  return error;
}

// Reads a part that must be text. It is read at the greatest depth, so that a nested value is refused before it is decoded.
function textPart(decoder: ValueDecoder): string | undefined {
  const value = decoder.value(MAX_DEPTH);
  if (typeof value !== "string" && value !== undefined) throw invalid("an error's message or stack is no text");
  return value;
}

function checkTexts(error: Error): void {
  for (const key of ERROR_TEXTS) {
    const value = Object.getOwnPropertyDescriptor(error, key)?.value as unknown;
    if (value !== undefined && typeof value !== "string") throw invalid(`an error's ${key} is no text`);
  }
}

function makeError(className: unknown, remoteName: string, message: string | undefined): Error {
  if (className === null) return makeForeign(remoteName, message);
  // The error message must not contain the value: a few bytes can stand for an array that is gigabytes long as text.
  if (typeof className !== "string") throw invalid("an error's class is no name");
  const Class = errorClassNamed(className);
  if (Class === undefined)
    throw invalid(
      `it has an error of the unknown class ${className.slice(0, 80)}: call registerClass() in a module that both sides import`,
    );
  // Only `new Error` makes an object that engines treat as an error. The class's own constructor may need other arguments, so it is not
  // called.
  const error = new Error(message);
  if (message === undefined) Reflect.deleteProperty(error, "message");
  return Object.setPrototypeOf(error, Class.prototype);
}

// Makes an error that stands for one whose class this process need not know.
function makeForeign(name: string, message: string | undefined): Error {
  if (typeof DOMException !== "undefined" && DOM_NAMES.has(name)) return new DOMException(message ?? "", name);
  const error = new RemoteError(message ?? "");
  defineField(error, "remoteName", name, true);
  return error;
}

// The names under which runtimes throw errors of the class DOMException.
const DOM_NAMES: ReadonlySet<string> = new Set([
  "AbortError",
  "TimeoutError",
  "DataCloneError",
  "InvalidStateError",
  "NotSupportedError",
  "SyntaxError",
  "InvalidAccessError",
  "QuotaExceededError",
  "OperationError",
  "NetworkError",
]);
