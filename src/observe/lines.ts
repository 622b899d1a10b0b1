import { isPipe } from "../runtime/shared-output.ts";
import type { LogRecord } from "./events.ts";
import { writeStderr } from "./stderr.ts";

/** A system never mixes writes of up to so many bytes that come from several processes into one pipe (PIPE_BUF on Linux). */
const MOST_BYTES = 4096;
/** At least so many bytes of a message go into a line, however long the name of the process is. */
const LEAST_TEXT = 64;
/** The mark of a line that goes on in the next one. */
const GOES_ON = "…";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Writes a record to stderr, with one write for each line, so that the lines of several processes do not mix. A pipe keeps only writes of up to
 * 4096 bytes together. So a line that is longer goes into a pipe as several lines, each with the name of the process.
 */
export function writeRecord(record: LogRecord): void {
  for (const line of linesOf(record, isPipe(2) ? MOST_BYTES : Number.POSITIVE_INFINITY)) writeStderr(line);
}

/** Returns the lines of a record, each with at most so many bytes. A message of several lines is several lines of the log. */
export function linesOf({ level, message, processName, pid }: Omit<LogRecord, "time">, most: number): string[] {
  const head = `[${level.toUpperCase()}/${processName}] `;
  const tail = ` (pid ${pid})\n`;
  const room = Math.max(LEAST_TEXT, most - encoder.encode(head + GOES_ON + tail).length);
  return message.split(/\r\n|\r|\n/).flatMap((text) => {
    const parts = partsOf(text, room);
    return parts.map((part, i) => `${head}${part}${i < parts.length - 1 ? GOES_ON : ""}${tail}`);
  });
}

/** Cuts a text into parts of at most so many bytes, between characters. */
function partsOf(text: string, most: number): string[] {
  // No character has more than three bytes for each of its units.
  if (text.length * 3 <= most) return [text];
  const bytes = encoder.encode(text);
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    let end = Math.min(bytes.length, start + most);
    // The bytes of a character behind its first one begin with the bits 10.
    while (end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end--;
    parts.push(decoder.decode(bytes.subarray(start, end)));
    start = end;
  }
  return parts;
}
