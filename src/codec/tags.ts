/** The largest message, in bytes: 1 GiB of payload and room for what surrounds it. */
export const MAX_MESSAGE: number = 2 ** 30 + 2 ** 20;

/** The first byte of every value; another one is another format. */
export const FORMAT = 1;

/** Values nested deeper than this are refused on both sides, so that no stack overflows. */
export const MAX_DEPTH = 1000;

/** Holes that the arrays of one value may have together: they cost no bytes on the wire, but memory on arrival. */
export const MAX_HOLES: number = 2 ** 24;

/** What a value on the wire begins with; from {@link SMALL_INT} on, the byte is a number from 0 to 127 itself. */
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
} as const;

export const SMALL_INT = 128;

interface TypedArrayClass {
  new (buffer: ArrayBuffer): ArrayBufferView;
  readonly prototype: object;
  readonly BYTES_PER_ELEMENT: number;
}

const float16 = (globalThis as unknown as { Float16Array?: TypedArrayClass }).Float16Array;

/** Typed arrays by their number on the wire; one that this runtime lacks is undefined. */
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

/** Bits of an error's first byte: which of these it has of its own. */
export const ErrorPart = { message: 1, stack: 2, cause: 4, errors: 8 } as const;

/** What of an error is text, and nothing else: everybody who shows one takes it for that. */
export const ERROR_TEXTS: ReadonlySet<string> = new Set(["name", "message", "stack", "remoteName"]);
