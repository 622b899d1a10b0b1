import { fs } from "../util/lazy-modules.ts";

/** Lines leave in writes of up to so many bytes. A write of this size is hardly ever cut off by a signal that kills the process. */
const MOST_BYTES = 4096;
/** So many bytes at the end of the file are searched for a line that a killed process has not finished. */
const MENDED_BYTES = 1 << 20;
const NEWLINE = 10;
const SPACE = 32;

/**
 * A file with an array of JSON objects, a line each, to which many processes append. It lacks the closing bracket, because no process knows that
 * it is the last one. Readers of traces do not need it.
 */
export class TraceFile {
  readonly #path: string;
  readonly #fd: number;
  #lines = "";

  /** @param isNew whether to begin the file, in place of what is there. Throws if the file can't be written. */
  constructor(path: string, isNew: boolean) {
    this.#path = path;
    if (isNew) fs().writeFileSync(path, "[\n");
    this.#fd = fs().openSync(path, "a");
  }

  /** Whether lines wait. */
  get isWaiting(): boolean {
    return this.#lines !== "";
  }

  /** Adds an object as its JSON text. It leaves with others, in the order of the calls. */
  add(json: string): void {
    if (this.#lines.length + json.length > MOST_BYTES) this.flush();
    // A chunk begins with a newline, so that a line which a killed process left unfinished does not spoil it.
    this.#lines += this.#lines === "" ? `\n${json},\n` : `${json},\n`;
  }

  /** Writes the lines that wait. Throws if the system refuses that, for example because the disk is full. */
  flush(): void {
    if (this.#lines === "") return;
    const lines = this.#lines;
    this.#lines = "";
    fs().writeSync(this.#fd, lines);
  }

  /** Removes lines near the end that a killed process has left unfinished. They are overwritten with spaces, which mean nothing in JSON. */
  mend(): void {
    const { openSync, closeSync, fstatSync, readSync, writeSync } = fs();
    const fd = openSync(this.#path, "r+");
    try {
      const start = Math.max(0, fstatSync(fd).size - MENDED_BYTES);
      const bytes = new Uint8Array(MENDED_BYTES);
      const text = bytes.subarray(0, readSync(fd, bytes, 0, MENDED_BYTES, start));
      // What is before the first newline may be the rest of a line, and what is behind the last one may be written at this moment.
      let at = start === 0 ? 0 : text.indexOf(NEWLINE) + 1;
      for (let end = text.indexOf(NEWLINE, at); end >= 0; end = text.indexOf(NEWLINE, at)) {
        const line = text.subarray(at, end);
        if (!isWhole(line)) writeSync(fd, new Uint8Array(line.length).fill(SPACE), 0, line.length, start + at);
        at = end + 1;
      }
    } finally {
      closeSync(fd);
    }
  }
}

function isWhole(line: Uint8Array): boolean {
  const text = new TextDecoder().decode(line).trim();
  if (text === "" || text === "[") return true;
  try {
    JSON.parse(text.slice(0, -1));
    return text.endsWith(",");
  } catch {
    return false;
  }
}
