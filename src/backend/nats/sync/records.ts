import type { StoredMsg } from "@nats-io/jetstream";
import { CorruptedError, OwnerDiedError, TimeoutError } from "../../../errors/errors.ts";
import { now } from "../../../util/clock.ts";
import { after } from "../../../util/deadline.ts";
import { randomName } from "../../../util/random.ts";
import { closedConnection, existsOtherwise, isConflict, isMissing, isUnanswered, isUndecided, noReply, ourError } from "../errors.ts";
import type { Link } from "../link.ts";
import { pause } from "../waiting.ts";

/** A request that nobody answers is made again for so many milliseconds: a cluster may need as long to elect a new leader. */
const CONFIRM_MS = 20_000;
/** A server has so long to answer, and twice as long each time after that. An answer is lost if the server dies. */
const FIRST_TRY_MS = 1000;
const LAST_TRY_MS = 5000;
const RETRY_MS = 100;
const ARRIVE_MS = 2000;
/** The header by which a bucket of NATS marks a key as removed. */
const OPERATION = "KV-Operation";
const ID = "Nats-Msg-Id";

/** What a record holds. It is JSON, so that the tools of NATS show it. */
export type Fields = Readonly<Record<string, unknown>>;

/** A record as it is on the servers. Whoever writes it next says its revision, and is refused if another write came first. */
export interface StateRecord {
  /** `undefined` if there is no such record. */
  readonly fields: Fields | undefined;
  readonly revision: number;
  /** When it was written, in milliseconds of the servers' clock. */
  readonly written: number;
  /** The random name of the write. */
  readonly writer: string | undefined;
}

/** How long a call repeats a request that nobody answers. */
export interface Patience {
  /** Whether to go on. Default: for 20 seconds. */
  readonly goOn?: () => boolean;
  /** How many milliseconds a server has to answer at first. */
  readonly tryMs?: number;
}

/**
 * What became of a write: its revision; "refused" if the record had changed; or "unknown" if the record has changed, and perhaps because this
 * write was stored, and then another one.
 */
export type Written = number | "refused" | "unknown";

/** Returns the new state of a record; `undefined` for no record. */
export type Change = (fields: Fields | undefined) => Fields | undefined;

/** The records of a namespace: of locks, semaphores, events, values and sessions. */
export class Records {
  readonly #link: Link;
  // For each record that this process changes: settles after the last change that waits for its turn.
  readonly #turns = new Map<string, Promise<void>>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** Makes the bucket of the records, unless it exists. */
  async open(): Promise<void> {
    const { packages, client, names } = this.#link;
    const buckets = new packages.kv.Kvm(client);
    const options = { history: 1, allow_direct: false };
    try {
      await this.#link.copied((copies) => buckets.create(names.state, { ...options, replicas: copies }));
    } catch (error) {
      // Another process has made it at the same time, for another number of servers.
      if (!existsOtherwise(error)) throw ourError(error);
    }
  }

  async read(key: string, patience: Patience = {}): Promise<StateRecord> {
    const { manager } = this.#link;
    const query = { last_by_subj: this.#subject(key) };
    const message = await this.#persist((ms) => answered(manager.streams.getMessage(this.#stream, query), ms), patience);
    if (message === null) return { fields: undefined, revision: 0, written: 0, writer: undefined };
    const isRemoved = message.header?.has(OPERATION) === true;
    return {
      fields: isRemoved ? undefined : fieldsIn(key, message),
      revision: message.seq,
      written: message.time.getTime(),
      writer: message.header?.get(ID),
    };
  }

  /** Returns the keys that begin like this. The prefix ends with a ".". */
  async keys(prefix: string): Promise<readonly string[]> {
    const { state } = await this.#link.manager.streams.info(this.#stream, { subjects_filter: this.#subject(`${prefix}>`) });
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(this.#subject("").length));
  }

  /** Waits a little until a record exists: a message about an object may come before the servers have stored its record. */
  async exists(key: string): Promise<void> {
    const until = now() + ARRIVE_MS;
    while ((await this.read(key)).fields === undefined && now() < until) await pause(RETRY_MS);
  }

  /** Writes a record if it still has this revision, which is 0 if there is no record. `undefined` removes it. */
  async write(key: string, fields: Fields | undefined, revision: number, patience: Patience = {}): Promise<Written> {
    const { client, packages } = this.#link;
    const id = randomName(12);
    const headers = packages.transport.headers();
    if (fields === undefined) headers.set(OPERATION, "DEL");
    const options = { headers, msgID: id, expect: { lastSubjectSequence: revision }, retries: 0 };
    const text = fields === undefined ? "" : JSON.stringify(fields);
    let isUnknown = false;
    try {
      // A server that has stored it already answers a repetition as it did at first, because it knows the name of the write.
      const { seq } = await this.#persist(
        (timeout) => client.publish(this.#subject(key), text, { ...options, timeout }),
        patience,
        (error) => (isUnknown ||= isUndecided(error)),
      );
      this.#link.publish(this.#link.names.hints(key));
      if (fields === undefined) this.#forget(seq);
      return seq;
    } catch (error) {
      if (!isConflict(error)) throw isUnknown ? undecided(error) : error;
      if (!isUnknown) return "refused";
      const there = await this.read(key);
      return there.writer === id ? there.revision : "unknown";
    }
  }

  /**
   * Changes a record. `change` is called again with the new state if another process was faster. It returns what it was given to change nothing.
   *
   * @param options `repeatable`: whether a change that was made, and then overwritten, may be made again. Otherwise such a call throws
   */
  async change(key: string, change: Change, { repeatable = false }: { readonly repeatable?: boolean } = {}): Promise<void> {
    // The calls of one process take turns: if all tried at once, one of them would succeed, and the others read again, each time.
    const before = this.#turns.get(key);
    const turn = Promise.withResolvers<void>();
    this.#turns.set(key, turn.promise);
    await before;
    try {
      await this.#change(key, change, repeatable);
    } finally {
      turn.resolve();
      if (this.#turns.get(key) === turn.promise) this.#turns.delete(key);
    }
  }

  /** Returns the time of the servers' clock, in milliseconds. */
  async time(): Promise<number> {
    const { ts = "" } = await this.#persist((ms) => answered(this.#link.manager.streams.info(this.#stream), ms));
    // The servers tell nanoseconds, and not every runtime reads as many digits.
    const time = Date.parse(ts.replace(/(\.\d{3})\d*/, "$1"));
    if (Number.isNaN(time)) throw new CorruptedError(`A server of the cluster tells a time that is none: ${JSON.stringify(ts)}.`);
    return time;
  }

  /** Calls `changed` when a process tells that it has changed a record. The call may not come: look on a timer, too. */
  onChange(key: string, changed: () => void): () => void {
    return this.#link.onMessage(this.#link.names.hints(key), changed);
  }

  get #stream(): string {
    return `KV_${this.#link.names.state}`;
  }

  #subject(key: string): string {
    return `$KV.${this.#link.names.state}.${key}`;
  }

  // A removed record leaves a mark, which nobody needs once the write that made it is known.
  #forget(revision: number): void {
    void this.#link.manager.streams.deleteMessage(this.#stream, revision, false).catch(() => {});
  }

  async #change(key: string, change: Change, repeatable: boolean): Promise<void> {
    for (;;) {
      const { fields, revision } = await this.read(key);
      const next = change(fields);
      if (next === fields) return;
      const written = await this.write(key, next, revision);
      if (typeof written === "number") return;
      if (written === "unknown" && !repeatable) throw undecided();
    }
  }

  // Does work until a server answers. `work` is given the milliseconds that a server has for that.
  async #persist<T>(
    work: (ms: number) => Promise<T>,
    { goOn = patient(), tryMs = FIRST_TRY_MS }: Patience = {},
    failed: (error: unknown) => void = () => {},
  ): Promise<T> {
    for (let ms = tryMs; ; ms = Math.min(LAST_TRY_MS, 2 * ms)) {
      try {
        return await work(ms);
      } catch (error) {
        failed(error);
        if (isMissing(error)) throw bucketGone(this.#link.names.state, error);
        if (!isUnanswered(error) && !isUndecided(error)) throw ourError(error);
        if (this.#link.connection.isClosed()) throw closedConnection({ cause: error });
        if (!goOn()) throw noReply({ cause: error });
        await pause(RETRY_MS);
      }
    }
  }
}

/** Rejects if there is no answer in time. */
async function answered<T>(answer: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const forget = after(ms, () => late.reject(noReply()));
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    forget();
  }
}

function patient(): () => boolean {
  const until = now() + CONFIRM_MS;
  return () => now() < until;
}

function fieldsIn(key: string, message: StoredMsg): Fields {
  try {
    const fields: unknown = JSON.parse(message.string());
    if (typeof fields === "object" && fields !== null && !Array.isArray(fields)) return fields as Fields;
  } catch {
    // The error below says it.
  }
  throw corrupted(key);
}

/** A record has a form that this library does not write. */
export function corrupted(key: string): CorruptedError {
  return new CorruptedError(
    `The record "${key}" of the cluster is malformed, so another program has written it: remove it when nobody uses the object.`,
  );
}

/** It is not known whether a write was stored. */
export function undecided(cause?: unknown): TimeoutError {
  return new TimeoutError("No server of the cluster has confirmed this call: it may have happened, or not.", {
    ...(cause === undefined ? {} : { cause }),
    fields: { mayHaveHappened: true },
  });
}

function bucketGone(name: string, cause: unknown): OwnerDiedError {
  return new OwnerDiedError(`The locks, events and values of this namespace are gone: somebody has removed the bucket ${name}.`, { cause });
}
