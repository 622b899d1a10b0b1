import { RemoteError } from "../errors/errors.ts";
import { errorClassNamed } from "./classes.ts";
import { DOM_EXCEPTION, SUPPRESSED } from "./encode-error.ts";
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
  /**
   * Says whether parts that this process can't make are described by a text from now on, instead of being refused together with the whole
   * value. Returns what held before.
   */
  describeParts(describes: boolean): boolean;
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
  const ownName = input.string();
  const parts = input.byte();
  const has = (part: number): boolean => (parts & part) !== 0;
  const text = (part: number): string | undefined => (has(part) ? textPart(decoder) : undefined);
  const error = makeError(className, ownName, text(ErrorPart.message));
  decoder.fill(number, error);
  defineField(error, "stack", text(ErrorPart.stack), false);
  const before = decoder.describeParts(true);
  if (has(ErrorPart.cause)) defineField(error, "cause", decoder.value(depth + 1), false);
  if (has(ErrorPart.errors)) defineField(error, "errors", decoder.value(depth + 1), false);
  decoder.fields(error, depth, true);
  if (className === "SuppressedError")
    for (const key of SUPPRESSED) if (Object.hasOwn(error, key)) defineField(error, key, Reflect.get(error, key), false);
  decoder.describeParts(before);
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

function makeError(className: unknown, ownName: string, message: string | undefined): Error {
  if (className === null) return makeForeign(ownName, message);
  // The error message must not contain the value: a few bytes can stand for an array that is gigabytes long as text.
  if (typeof className !== "string") throw invalid("an error's class is no name");
  if (className === DOM_EXCEPTION && typeof DOMException !== "undefined") return new DOMException(message ?? "", ownName);
  const Class = errorClassNamed(className);
  // The sender may have registered a class that is not registered here. The error must arrive all the same.
  if (Class === undefined) return makeForeign(className, message);
  // Only `new Error` makes an object that engines treat as an error. The class's own constructor may need other arguments, so it is not
  // called.
  const error = new Error(message);
  if (message === undefined) Reflect.deleteProperty(error, "message");
  return Object.setPrototypeOf(error, Class.prototype);
}

// Makes an error that stands for one whose class this process does not know.
function makeForeign(name: string, message: string | undefined): Error {
  const error = new RemoteError(message ?? "");
  defineField(error, "remoteName", name, true);
  return error;
}
