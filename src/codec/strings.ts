import { MAX_IN_RUN } from "./tags.ts";
import type { Writer } from "./writer.ts";

// Strings that lie one behind the other in an array travel as one run: the length of each, and the text of all. An engine takes about as
// long to encode or decode a whole run as it takes for one string.

/** Fewer strings are not worth a run. */
const LEAST_STRINGS = 8;

/**
 * The largest number of code units in one run. The receiver cuts its strings out of the run's text, and an engine may keep the whole text as
 * long as a cut is alive. So the text is short.
 */
const MOST_UNITS = 1024;

/** Writes a string of a list, and those behind it if they can travel together. Returns their number. */
export function encodeStrings(first: string, list: readonly unknown[], at: number, length: number, out: Writer): number {
  const run = stringsAt(list, at, length);
  if (run !== undefined && out.strings(run.strings, run.units)) return run.strings.length;
  out.string(first);
  return 1;
}

// Strings that lie one behind the other in a list, and the number of their code units.
interface StringRun {
  readonly strings: readonly string[];
  readonly units: number;
}

// Returns the run of strings that begins at `start` in a list. `undefined` if it is too short.
function stringsAt(list: readonly unknown[], start: number, length: number): StringRun | undefined {
  if (start + LEAST_STRINGS > length || typeof list[start + LEAST_STRINGS - 1] !== "string") return undefined;
  const end = Math.min(length, start + MAX_IN_RUN);
  const strings: string[] = [];
  let units = 0;
  for (let i = start; i < end; i++) {
    const value = list[i];
    if (typeof value !== "string" || value.length > MAX_IN_RUN || units + value.length > MOST_UNITS) break;
    units += value.length;
    strings.push(value);
  }
  return strings.length < LEAST_STRINGS ? undefined : { strings, units };
}
