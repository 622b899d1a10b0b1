import { hostname } from "node:os";
import { now, startTimer, stopTimer, type Timer } from "../../../util/clock.ts";
import { after } from "../../../util/deadline.ts";
import { randomName } from "../../../util/random.ts";
import { closedConnection } from "../errors.ts";
import type { Records } from "./records.ts";

/** A session is renewed so often in the time of a lease. */
const RENEWALS = 3;
/** After this part of a lease without a renewal, a process counts what it holds as lost. Others wait for the whole lease. */
const TRUST = 0.7;
/** A renewal that nobody answers is sent again after this part of a lease: the server may have been restarted. */
const RETRY = 0.1;
const SHORTEST_TRY_MS = 100;

/** The keys of the records of sessions begin like this. */
export const SESSIONS = "session.";

/** Returns the key of the record of a session. */
export function sessionKey(id: string): string {
  return SESSIONS + id;
}

/** Whether another process may have given a session this name. */
export function isSessionId(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
}

/**
 * A time in which this process can hold locks and permits. Its record is renewed again and again. Another process that finds the record too
 * old removes it, and so ends the session.
 */
export class Session {
  readonly id: string = randomName(16);
  readonly #records: Records;
  readonly #lease: number;
  readonly #calls = new Set<() => void>();
  #revision = 0;
  // When this process sent the last renewal that a server has confirmed, or began the session.
  #confirmedAt = now();
  #isOver = false;
  #timer: Timer | undefined;
  #unwatch: () => void = () => {};
  #renewing: Promise<void> = Promise.resolve();

  private constructor(records: Records, lease: number) {
    this.#records = records;
    this.#lease = lease;
  }

  static async open(records: Records, lease: number): Promise<Session> {
    const session = new Session(records, lease);
    session.#renewing = session.#renew();
    await session.#renewing;
    return session;
  }

  /** Whether this process holds what it has acquired in this session. */
  get isAlive(): boolean {
    // A process that was stopped may call this before its timers run.
    if (!this.#isOver && now() - this.#confirmedAt >= TRUST * this.#lease) this.#lose();
    return !this.#isOver;
  }

  /** Calls `call` when the session is lost. The returned function cancels that. */
  onLost(call: () => void): () => void {
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  /** Ends the session. Whatever was acquired in it and not released is free for others. */
  async end(): Promise<void> {
    this.#stop();
    // A renewal that is on its way changes the revision.
    await this.#renewing.catch(() => {});
    await this.#records.write(sessionKey(this.id), undefined, this.#revision);
  }

  async #renew(): Promise<void> {
    const sentAt = now();
    const fields = { host: hostname(), pid: process.pid };
    const tryMs = Math.max(SHORTEST_TRY_MS, this.#lease * RETRY);
    const written = await this.#records.write(sessionKey(this.id), fields, this.#revision, { goOn: () => this.isAlive, tryMs });
    // The record is gone, because another process has ended the session.
    if (typeof written !== "number") return this.#lose();
    this.#revision = written;
    if (this.#isOver) return;
    this.#confirmedAt = sentAt;
    const passed = now() - sentAt;
    this.#unwatch();
    this.#unwatch = after(TRUST * this.#lease - passed, () => this.#lose());
    this.#timer = startTimer(
      () => {
        this.#renewing = this.#renew().catch(() => this.#lose());
      },
      Math.max(0, this.#lease / RENEWALS - passed),
    );
  }

  #lose(): void {
    if (this.#isOver) return;
    this.#stop();
    for (const call of [...this.#calls]) call();
    // With luck, the others need not wait until the lease has lapsed.
    void this.#records.write(sessionKey(this.id), undefined, this.#revision).catch(() => {});
  }

  #stop(): void {
    this.#isOver = true;
    stopTimer(this.#timer);
    this.#unwatch();
  }
}

/** The sessions of this process, one at a time. A new one begins when something is acquired and there is none. */
export class Sessions {
  readonly #records: Records;
  readonly #lease: () => number;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #hasEnded = false;

  constructor(records: Records, lease: () => number) {
    this.#records = records;
    this.#lease = lease;
  }

  async current(): Promise<Session> {
    if (this.#hasEnded) throw closedConnection();
    if (this.#session?.isAlive === true) return this.#session;
    this.#opening ??= Session.open(this.#records, this.#lease()).finally(() => {
      this.#opening = undefined;
    });
    this.#session = await this.#opening;
    return this.#session;
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#opening?.catch(() => {});
    if (this.#session?.isAlive === true) await this.#session.end();
  }
}

/** What this process knows of the sessions of others. */
export class Others {
  readonly #records: Records;
  readonly #lease: number;
  // Until when each session lasts at least, by the clock of this process.
  readonly #until = new Map<string, number>();

  constructor(records: Records, lease: number) {
    this.#records = records;
    this.#lease = lease;
  }

  /** Forgets all sessions but these, which hold what is wanted now. */
  keep(holders: Iterable<string>): void {
    const kept = new Set(holders);
    for (const id of this.#until.keys()) if (!kept.has(id)) this.#until.delete(id);
  }

  /** How many milliseconds pass until the first session may be over. */
  get left(): number {
    return Math.min(...this.#until.values()) - now();
  }

  /** Whether a session is over. One whose lease has lapsed is ended, so that its process can't renew it any more. */
  async isOver(id: string): Promise<boolean> {
    if (now() < (this.#until.get(id) ?? 0)) return false;
    this.#until.delete(id);
    const key = sessionKey(id);
    const { fields, revision, written } = await this.#records.read(key);
    if (fields === undefined) return true;
    // Both times are of the servers' clock, so that it does not matter what the hosts take for the time.
    const age = Math.max(0, (await this.#records.time()) - written);
    if (age >= this.#lease) return typeof (await this.#records.write(key, undefined, revision)) === "number";
    this.#until.set(id, now() + this.#lease - age);
    return false;
  }
}
