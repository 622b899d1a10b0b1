import { repeat, type Timer } from "../../util/clock.ts";
import { randomName } from "../../util/random.ts";
import { isMissing } from "./errors.ts";
import type { Link } from "./link.ts";
import type { Records } from "./sync/records.ts";

/** A stream's metadata names its owner. */
export const OWNER = "polyproc-owner";
/** An owner says so often, in milliseconds, that it is there. */
const TELL_MS = 120_000;
/** An owner that has said nothing for so long is gone. A computer that slept for the night finds its queues removed. */
const GONE_MS = 1_800_000;

/**
 * This process as the owner of queues without names. It removes them itself when it closes its connection. If it can't, because it was killed, the
 * next process that makes such a queue does.
 */
export class Owner {
  readonly id: string = randomName(12);
  readonly #link: Link;
  readonly #records: Records;
  #present: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(link: Link, records: Records) {
    this.#link = link;
    this.#records = records;
  }

  /** Tells the servers that this process is there, before it makes its first queue, and from then on. */
  present(): Promise<void> {
    if (this.#present === undefined) {
      const present = this.#begin();
      present.catch(() => {
        this.#present = undefined;
      });
      this.#present = present;
    }
    return this.#present;
  }

  async #begin(): Promise<void> {
    await this.#tell();
    this.#timer ??= repeat(() => {
      if (!this.#link.isClosed) void this.#tell().catch(() => {});
    }, TELL_MS);
    this.#link.endings.add(() => this.#records.change(keyOf(this.id), () => undefined));
    void this.#removeForsaken().catch(() => {});
  }

  async #tell(): Promise<void> {
    await this.#records.change(keyOf(this.id), () => ({ pid: process.pid }), { repeatable: true });
  }

  async #removeForsaken(): Promise<void> {
    const { manager, names } = this.#link;
    const gone = new Map<string, Promise<boolean>>();
    for await (const { config } of manager.streams.list(names.everything)) {
      const owner = config.metadata?.[OWNER];
      if (owner === undefined) continue;
      const isGone = gone.get(owner) ?? this.#isGone(owner);
      gone.set(owner, isGone);
      if (!(await isGone)) continue;
      await manager.streams.delete(config.name).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    }
  }

  async #isGone(owner: string): Promise<boolean> {
    const { fields, written } = await this.#records.read(keyOf(owner));
    return fields === undefined || (await this.#records.time()) - written > GONE_MS;
  }
}

function keyOf(owner: string): string {
  return `owner.${owner}`;
}
