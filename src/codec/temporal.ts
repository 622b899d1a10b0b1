// The values of Temporal travel as text from which exactly the same value can be made again.

/** The parts of Temporal that are used here. Its types are not in every version of the compiler. */
interface TemporalLike {
  readonly [type: string]: (new (...parts: never[]) => object) & { from(text: string): object };
}

type Fields = Readonly<Record<string, unknown>>;

const DURATION = ["years", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"];
const DATES: ReadonlySet<string> = new Set(["PlainDate", "PlainTime", "PlainDateTime", "PlainYearMonth", "PlainMonthDay"]);
// No text of this module is longer. A longer one would take long to read, because it comes from another process.
const MOST = 400;

/** Returns the type of a value by its tag, such as "Instant"; `undefined` if it is no value of Temporal. */
export function temporalType(prototype: object): string | undefined {
  const tag: unknown = (prototype as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (typeof tag !== "string" || !tag.startsWith("Temporal.")) return undefined;
  const type = tag.slice("Temporal.".length);
  return type === "Instant" || type === "ZonedDateTime" || type === "Duration" || DATES.has(type) ? type : undefined;
}

/** Returns a value of this type as text. */
export function temporalText(type: string, value: object): string {
  const fields = value as Fields;
  // An offset from UTC would be checked against the receiver's time zones, which may be of another year. The exact time can't be wrong.
  if (type === "ZonedDateTime") return [fields.epochNanoseconds, fields.timeZoneId, fields.calendarId].join(" ");
  if (type === "Instant") return String(fields.epochNanoseconds);
  // The text of ISO 8601 would make whole seconds of 1,000 milliseconds.
  if (type === "Duration") return DURATION.map((unit) => fields[unit]).join(" ");
  return (value as { toString(options: object): string }).toString({ calendarName: "always" });
}

/** Makes a value from its text. Throws if the text is not valid; returns `undefined` if this runtime has no such type. */
export function temporalFrom(type: string, text: string): object | undefined {
  const Class = (globalThis as unknown as { readonly Temporal?: TemporalLike }).Temporal?.[type];
  if (Class === undefined) return undefined;
  if (text.length > MOST) throw new RangeError("its text is too long");
  if (DATES.has(type)) return Class.from(text);
  const [first = "", ...rest] = text.split(" ");
  if (type === "Duration") return new Class(...([first, ...rest].map(Number) as never[]));
  return new Class(...([BigInt(first), ...rest] as never[]));
}
