import { Buffer } from "node:buffer";
import { runtime } from "../runtime/current.ts";
import { platform } from "../runtime/platform.ts";
import { date, now, startTimer } from "../util/clock.ts";
import { fs } from "../util/lazy-modules.ts";
import { VERSION } from "../util/version.ts";

/** The first word of a page. */
export const PAGE_MAGIC = "polyproc-page-1";
/** The largest page in bytes. */
export const MOST_PAGE: number = 1 << 18;

// A page is written this often at most.
const EVERY_MS = 100;
// The first change is written sooner, so that a program which then computes is known.
const FIRST_MS = 5;

/**
 * What this process tells `polyproc ps` of itself: a file in the tree's folder, which only this user can read. It is written when something
 * has changed, at most every 100 ms, and at once where this process may block next. So it can be read while this process computes, or is
 * stopped. A reader that finds half of a page sees that by its length and checksum.
 */
export class Page {
  readonly #facts = new Map<string, () => unknown>();
  readonly #since = date();
  #path: string | undefined;
  #file: number | undefined;
  #isDue = false;
  #writtenAt = Number.NEGATIVE_INFINITY;

  /** Says where the page lies. It is made when it is first written. */
  lieAt(path: string): void {
    if (!platform.hasSocketFiles) return;
    this.#path ??= path;
    this.changed();
  }

  /** Adds a part. The function is called when the page is written; `undefined` leaves the part out. */
  tell(part: string, facts: () => unknown): void {
    this.#facts.set(part, facts);
  }

  /** Says that a part has changed. */
  changed(): void {
    if (this.#isDue || this.#path === undefined) return;
    this.#isDue = true;
    const wait = this.#writtenAt + EVERY_MS - now();
    startTimer(() => this.write(), Math.max(FIRST_MS, wait));
  }

  /** Writes the page now. It never throws. */
  write(): void {
    if (this.#path === undefined) return;
    // A timer that still runs is not stopped, because to stop it costs as much as one more write.
    this.#isDue = false;
    this.#writtenAt = now();
    try {
      this.#file ??= fs().openSync(this.#path, "wx+", 0o600);
      const bytes = pageOf(this.#all());
      // Bun takes the position only if the length is there, too.
      fs().writeSync(this.#file, bytes, 0, bytes.length, 0);
    } catch {
      // The folder is gone, or this process may not write there: then others see less of it.
      this.#path = undefined;
    }
  }

  #all(): Record<string, unknown> {
    const all: Record<string, unknown> = {
      pid: process.pid,
      runtime: runtime.name,
      runtimeVersion: runtime.version,
      polyproc: VERSION,
      since: this.#since,
    };
    for (const [part, facts] of this.#facts) all[part] = facts();
    return all;
  }
}

/** Returns the bytes of a page. */
export function pageOf(facts: Record<string, unknown>): Uint8Array {
  let body = Buffer.from(JSON.stringify(facts));
  // Very many names, or pools with very many workers, may not fit. The rest is worth more.
  for (const rest of [
    { ...facts, named: undefined },
    { ...facts, named: undefined, pools: undefined },
  ])
    if (body.length > MOST_PAGE - 64) body = Buffer.from(JSON.stringify(rest));
  const head = Buffer.from(`${PAGE_MAGIC} ${body.length} ${checksum(body)}\n`);
  return Buffer.concat([head, body]);
}

/** Returns the facts of a page. `undefined` if the bytes are none, or only half of one. */
export function readPage(bytes: Uint8Array): Record<string, unknown> | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, MOST_PAGE));
  const end = text.indexOf(10);
  const [magic, length, sum] = text.toString("latin1", 0, Math.max(0, Math.min(end, 64))).split(" ");
  const body = text.subarray(end + 1, end + 1 + Number(length));
  if (magic !== PAGE_MAGIC || body.length !== Number(length) || checksum(body) !== Number(sum)) return undefined;
  try {
    const facts: unknown = JSON.parse(body.toString());
    return typeof facts === "object" && facts !== null && !Array.isArray(facts) ? (facts as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

// FNV-1a: short, and good enough to tell a half-written page.
function checksum(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}

/** The page of this process. */
export const page: Page = new Page();
