import { BrokenPoolError, StateError, TimeoutError } from "../errors/errors.ts";
import { limitOfStart } from "../launch/debugging.ts";
import { type Packed, packLent } from "../objects/message.ts";
import { note } from "../observe/events.ts";
import { keepForAWhile } from "../util/bytes.ts";
import { after, afterIdle } from "../util/deadline.ts";
import { FOREVER } from "../util/wait-options.ts";
import { CrewMember } from "./crew-member.ts";
import { headerOf, Kind } from "./entries.ts";
import type { PoolSettings } from "./options.ts";
import { packKept } from "./repeatable.ts";
import type { PoolTarget } from "./targets.ts";
import type { WorkerEnding, WorkerLink, WorkerSource } from "./worker-source.ts";

/** So many deaths in a row before a worker is ready break the pool. */
const MOST_START_DEATHS = 3;
/** After a death at the start, the next start waits so many milliseconds, and twice as long after each further one. */
const BACK_OFF_MS = 100;

export interface CrewEvents {
  /** A worker has ended. */
  changed(): void;
  /** A worker is dead, and the entry that should say so can't be put: the system has no memory for it. */
  dead(worker: number): void;
  /** A message with `count` tasks could not be sent. */
  unsent(member: CrewMember, error: unknown, seq: number, count: number): void;
  /** No worker can start. */
  broken(error: BrokenPoolError): void;
}

/** The workers of a pool, from their start to their end. */
export class Crew implements Iterable<CrewMember> {
  readonly #settings: PoolSettings;
  readonly #source: WorkerSource;
  readonly #initializer: PoolTarget | undefined;
  // The encoded call of the initializer. Each worker gets a copy, because shared objects inside can be received once.
  readonly #initial: Packed | undefined;
  readonly #events: CrewEvents;
  readonly #members = new Map<number, CrewMember>();
  #workers = 0;
  #startDeaths = 0;
  #dead = 0;
  #isTerminated = false;

  /** Throws `SerializationError` if `initArgs` can't travel to these workers. */
  constructor(settings: PoolSettings, source: WorkerSource, initializer: PoolTarget | undefined, events: CrewEvents) {
    if (initializer !== undefined)
      this.#initial = packKept(settings.initArgs, "initArgs", { kind: Kind.initialize, target: initializer.number }, source);
    this.#settings = settings;
    this.#source = source;
    this.#initializer = initializer;
    this.#events = events;
  }

  [Symbol.iterator](): Iterator<CrewMember> {
    return this.#members.values();
  }

  get size(): number {
    return this.#members.size;
  }

  /** Whether a worker is dead, and the entry that says so has not been handled. */
  get hasDead(): boolean {
    return this.#dead > 0;
  }

  /** Whether a worker starts and has not said yet that it is ready. */
  get hasStarting(): boolean {
    for (const { isReady, isEnding, ending, link } of this.#members.values())
      if (!isReady && !isEnding && ending === undefined && link !== undefined) return true;
    return false;
  }

  member(worker: number): CrewMember | undefined {
    return this.#members.get(worker);
  }

  /** Starts a worker, at once or later. Returns its number. */
  start(): number {
    const member = new CrewMember(++this.#workers, this.#events.unsent);
    this.#members.set(member.worker, member);
    if (this.#startDeaths === 0) this.#start(member);
    else member.stopTimer = after(BACK_OFF_MS * 2 ** (this.#startDeaths - 1), () => this.#start(member));
    return member.worker;
  }

  /** A worker can take tasks. */
  ready(member: CrewMember): void {
    member.stopTimer();
    member.isReady = true;
    member.forgetInitial(true);
    note("debug", () => `${member.name} is ready for tasks`);
    this.#startDeaths = 0;
  }

  /** Forgets a worker whose end was handled. */
  remove(member: CrewMember): void {
    this.#dead--;
    this.#members.delete(member.worker);
    member.link?.close();
    if (!member.isReady && !member.isEnding && member.ending !== undefined) this.#noteStartDeath(member.ending);
  }

  /** Ends workers that wait for a place, because there are no tasks for them any more. */
  dismiss(): void {
    for (const member of this.#members.values()) {
      if (member.link?.isWaiting !== true) continue;
      member.isEnding = true;
      member.link.terminate();
    }
  }

  /** Ends all workers. */
  terminate(): void {
    this.#isTerminated = true;
    for (const member of this.#members.values()) {
      member.stopTimer();
      member.isEnding = true;
      if (member.link === undefined || member.ending !== undefined) this.#members.delete(member.worker);
      if (member.ending === undefined) member.link?.terminate();
      else member.link?.close();
    }
  }

  /** Releases what it keeps for its workers, once all of them are gone. */
  close(): void {
    this.#initial?.release(this.#workers > 0);
  }

  #start(member: CrewMember): void {
    try {
      member.link = this.#source.start(member.worker);
    } catch (error) {
      this.#end(member, { exitCode: null, signal: null, error, stderr: undefined });
      return;
    }
    const { link } = member;
    void link.ended.then((ending) => this.#end(member, ending));
    if (link.placed === undefined) this.#limitStart(member, link);
    else void link.placed.then(() => this.#limitStart(member, link));
    try {
      if (this.#initializer !== undefined && this.#initial !== undefined) member.initialize(this.#initializer, this.#initial.again());
    } catch (error) {
      member.failure = error;
      link.kill();
    }
    member.flush();
    this.#events.changed();
  }

  #limitStart(member: CrewMember, link: WorkerLink): void {
    if (member.ending !== undefined || member.isReady) return;
    const startTimeout = limitOfStart(this.#settings.startTimeout);
    member.stopTimer = afterIdle(startTimeout, () => {
      const message = `A worker was not ready ${startTimeout} ms after its start (startTimeout) and was killed: its initializer may take too long.`;
      member.failure = new TimeoutError(message);
      note("info", () => message);
      link.kill();
    });
  }

  // Everything that the worker sent is in the queue of results already. So the news of its end gets in line behind that.
  #end(member: CrewMember, ending: WorkerEnding): void {
    member.stopTimer();
    member.forgetInitial(false);
    member.ending = { ...ending, error: member.failure ?? ending.error };
    if (this.#isTerminated) {
      this.#members.delete(member.worker);
      member.link?.close();
      this.#events.changed();
      return;
    }
    this.#dead++;
    const packed = packLent(undefined, "", headerOf({ kind: Kind.dead, worker: member.worker }));
    this.#source.results.put({ ...packed, bytes: keepForAWhile(packed.bytes) }, FOREVER).catch(() => this.#events.dead(member.worker));
    this.#events.changed();
  }

  #noteStartDeath({ exitCode, signal, error, stderr }: WorkerEnding): void {
    if (++this.#startDeaths !== MOST_START_DEATHS) return;
    const how = signal === null ? `with exit code ${exitCode}` : `by ${signal}`;
    const last = stderr === undefined ? "" : ` The last of its stderr: ${stderr}`;
    note("warning", () => `the pool can run no tasks any more, because ${MOST_START_DEATHS} workers in a row ended at their start`);
    const cause = error ?? new StateError(`A worker ended ${how} before it could take a task.${last}`);
    this.#events.broken(
      new BrokenPoolError(
        `${MOST_START_DEATHS} workers in a row ended before they could take a task: look at the cause, and make a new Pool.`,
        { cause },
      ),
    );
  }
}
