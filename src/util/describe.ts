/** Returns a value as a short text for an error message. It never throws, also for a value that throws when it is read. */
export function describe(value: unknown): string {
  try {
    if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
    if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
    if (typeof value !== "object" || value === null) return String(value);
    return value.constructor?.name === undefined ? "an object" : `an instance of ${value.constructor.name}`;
  } catch {
    return "a value that can't be shown";
  }
}
