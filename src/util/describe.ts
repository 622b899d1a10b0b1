/** Returns a value as a short text for an error message. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (typeof value === "object" && value !== null)
    return value.constructor?.name === undefined ? "an object" : `an instance of ${value.constructor.name}`;
  return String(value);
}
