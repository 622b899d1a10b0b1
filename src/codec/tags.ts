/** The largest size of a message in bytes: 1 GiB of content, and room for tags and sizes. */
export const MAX_MESSAGE: number = 2 ** 30 + 2 ** 20;

/**
 * The largest size of a frame's meta in bytes: its settings, and the references to the shared objects inside its message. It has room for
 * {@link MAX_OBJECTS} references of a kilobyte.
 */
export const MAX_META: number = 2 ** 22;

/** The largest number of shared objects in one message. */
export const MAX_OBJECTS = 4096;

/** The largest number of code units of a string. Node and Deno have no longer ones, and Bun has. */
export const MAX_STRING: number = 2 ** 29 - 24;

/** The largest number of entries of a Map or a Set. Node and Deno have no larger ones, and Bun has. */
export const MAX_ENTRIES: number = 2 ** 24;

/** The first byte of every encoded value. Another byte means another format. */
export const FORMAT = 3;

/** The largest depth to which a value may be nested. Both sides refuse deeper values, so that no stack overflows. */
export const MAX_DEPTH = 1000;

/**
 * The largest number of holes that the arrays of one value may have together. Holes are sent as a number, but use memory in the receiver.
 */
export const MAX_HOLES: number = 2 ** 24;

/**
 * The first byte of each encoded value, also inside of other values. A byte of {@link SMALL_INT} or more is itself a number from 0 to 127.
 */
export const Tag = {
  null: 0,
  undefined: 1,
  true: 2,
  false: 3,
  int32: 4,
  float64: 5,
  bigint: 6,
  ascii: 7,
  utf8: 8,
  utf16: 9,
  object: 10,
  nullObject: 11,
  array: 12,
  holes: 13,
  map: 14,
  set: 15,
  date: 16,
  regexp: 17,
  buffer: 18,
  view: 19,
  typed: 20,
  error: 21,
  instance: 22,
  converted: 23,
  known: 24,
  shared: 25,
  boxed: 26,
  url: 27,
  searchParams: 28,
  temporal: 29,
  integers: 30,
  floats: 31,
  strings: 32,
  rows: 33,
} as const;

export const SMALL_INT = 128;

/** The largest number of strings in one run, and of code units of each. One byte holds either. */
export const MAX_IN_RUN = 255;

interface TypedArrayClass {
  new (buffer: ArrayBuffer): ArrayBufferView;
  readonly name: string;
  readonly prototype: object;
  readonly BYTES_PER_ELEMENT: number;
}

const float16 = (globalThis as unknown as { Float16Array?: TypedArrayClass }).Float16Array;

/**
 * The classes of typed arrays. The index is the number that is sent for a class; `undefined` is a class that this runtime does not have.
 */
export const TYPED_ARRAYS: readonly (TypedArrayClass | undefined)[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
  float16,
];

/** The bits of the byte that says which of these parts an error has. */
export const ErrorPart = { message: 1, stack: 2, cause: 4, errors: 8 } as const;

/** The properties of an error that are sent as text and refused if they arrive as another value: programs that show errors expect text. */
export const ERROR_TEXTS: ReadonlySet<string> = new Set(["name", "message", "stack", "remoteName"]);
