import type { Incoming } from "../backend/contract/message.ts";
import type { Ref } from "../backend/contract/ref.ts";
import { decode } from "../codec/decode.ts";
import { CorruptedError, PoisonTaskError, TimeoutError, WorkerDiedError } from "../errors/errors.ts";
import { acceptPart } from "../objects/delivery.ts";
import { note } from "../observe/events.ts";
import { now } from "../util/clock.ts";
import { after } from "../util/deadline.ts";
import type { CrewMember } from "./crew-member.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { type Entry, Kind } from "./entries.ts";
import { lostTask, type TaskHost } from "./lost-task.ts";
import type { PoolSettings } from "./options.ts";
import { Histogram } from "./statistics.ts";
import type { TaskWork } from "./task-work.ts";
import { tellDone, tellHanded, tellLost, tellRetry, tellTask } from "./telling.ts";
import { Opening, whenOpen } from "./when-open.ts";
import type { TaskAt, TasksAt } from "./work.ts";
import type { WorkerSource } from "./worker-source.ts";

/** Whether a worker goes on with a task that was given up is looked at again after so many milliseconds, or more. */
const LOOK_MS = 50;

/** The engine of a pool, as its receiver needs it. */
export interface ReceiverHost extends TaskHost {
  readonly settings: PoolSettings;
  readonly dispatcher: Dispatcher<TaskWork>;
  readonly source: WorkerSource;
  member(worker: number): CrewMember | undefined;
  ready(member: CrewMember): void;
  dead(worker: number): void;
  recycle(worker: number): void;
  /** Asks for a pass: something may be handed out now. */
  schedule(): void;
}

/** Tasks whose results somebody waits for. */
interface Wanted extends TasksAt<TaskWork> {
  /** The index of their first result in the message. */
  readonly at: number;
}

/** Hears what the workers say, and settles the tasks. It also counts. */
export class Receiver {
  readonly #engine: ReceiverHost;
  readonly waitTimes: Histogram = new Histogram();
  readonly runTimes: Histogram = new Histogram();
  /** The calls whose results are here and are not open yet, because shared objects inside are on their way. */
  readonly opening: Opening;
  done = 0;
  failed = 0;
  cancelled = 0;
  retried = 0;
  started = 0;
  died = 0;
  recycled = 0;

  constructor(engine: ReceiverHost) {
    this.#engine = engine;
    this.opening = new Opening(() => engine.schedule());
  }

  /** Work was handed to a worker. Its first task has the number `seq` there. */
  handed(work: TaskWork, member: CrewMember | undefined, seq: number): void {
    if (member !== undefined) tellHanded(member, work, seq);
    this.waitTimes.add(now() - work.since, work.size);
  }

  handle(entry: Entry, incoming: Incoming, refs: readonly Ref[]): void {
    const member = this.#engine.member(entry.worker);
    let isOpened = false;
    const open = (): unknown => {
      isOpened = true;
      return refs.length === 0 ? decode(entry.value) : acceptPart(incoming, { bytes: entry.value, refs });
    };
    if (member !== undefined) this.#hear(member, entry, open);
    // Objects inside are taken also if nobody wants them any more, because their sender keeps them until then.
    if (refs.length > 0 && !isOpened) void whenOpen(open, () => {});
  }

  #hear(member: CrewMember, entry: Entry, open: () => unknown): void {
    switch (entry.kind) {
      case Kind.ready:
        this.#engine.ready(member);
        this.#engine.schedule();
        break;
      case Kind.results:
        this.#settle(member, entry, open);
        break;
      case Kind.error:
        this.#fail(member, entry, open);
        break;
      case Kind.skipped:
        this.#engine.dispatcher.skipped(entry.worker, entry.seq, entry.count);
        for (const seq of member.abandoned)
          if (seq >= entry.seq && seq < entry.seq + entry.count && member.abandoned.delete(seq)) this.cancelled--;
        break;
      case Kind.begun:
        this.#begun(member, entry.seq);
        break;
      case Kind.opened:
        this.#withTask(member, entry.seq, ({ work }) => work.opened());
        break;
      case Kind.report:
        this.#report(member, entry.seq, open);
        break;
      case Kind.item:
        this.#withTask(member, entry.seq, ({ work }) => work.call.gave(open));
        break;
      case Kind.memory:
        this.#memory(member, entry.number);
        break;
      case Kind.leaving:
        this.#engine.dispatcher.retire(entry.worker);
        this.#engine.schedule();
        break;
      case Kind.dead:
        this.#engine.dead(entry.worker);
        break;
      default:
        throw new CorruptedError("A worker sent a message of an unknown kind: it runs another version of polyproc, or is corrupted.");
    }
  }

  /** A worker ends, and another one takes its place. */
  replaced({ name }: CrewMember, why: string): void {
    this.recycled++;
    note("info", () => `replaces ${name}, because ${why}`);
  }

  /** Tasks that a dead worker had begun, the first of which has the number `seq`, run again, or fail. */
  lost(member: CrewMember, seq: number, lost: readonly TaskAt<TaskWork>[]): void {
    if (!member.isEnding || lost.length > 0) this.died++;
    const { exitCode = null, signal = null, error, stderr } = member.ending ?? {};
    const pid = member.link?.pid ?? undefined;
    const again: TaskWork[] = [];
    for (const [i, { work, index }] of lost.entries()) {
      const isWanted = !work.isOver && !this.#isAbandoned(member, seq + i);
      const runsAgain = isWanted && work.attempt <= work.call.retries;
      if (runsAgain) {
        this.retried++;
        tellRetry(member, work, index);
        again.push(work.again(index));
      }
      const letter = isWanted && !runsAgain && this.#engine.source.lost !== undefined ? lostTask(this.#engine, work, index) : undefined;
      work.done(1);
      if (!isWanted && !member.abandoned.has(seq + i)) this.cancelled++;
      if (!isWanted || runsAgain) continue;
      this.failed++;
      const how = signal === null ? `with exit code ${exitCode}` : `by ${signal}`;
      const Died = letter !== undefined && work.attempt > 1 ? PoisonTaskError : WorkerDiedError;
      const died = new Died(`${member.name} (pid ${pid}) ended ${how} while it ran the task.`, {
        fields: { pid, exitCode, signal, task: work.task + index, ...(stderr === undefined ? {} : { stderr }) },
        ...(error === undefined ? {} : { cause: error }),
      });
      tellLost(member, work, index, died);
      if (letter !== undefined) this.#engine.source.lost?.({ ...letter, error: died });
      work.call.failed(work.first + index, died);
    }
    member.forgetLimits(Number.POSITIVE_INFINITY);
    // Together, so that tasks with the same key keep their order.
    this.#engine.dispatcher.again(again);
  }

  /** Tasks could not be sent to a worker. */
  refused(tasks: readonly TaskAt<TaskWork>[], error: unknown): void {
    for (const { work, index } of tasks) {
      work.drop(1);
      if (work.isOver) continue;
      this.failed++;
      work.call.failed(work.first + index, error);
    }
  }

  /** Tells a worker that the task which it runs is given up. If it goes on with the task after its grace, it is killed. */
  abandon(worker: number, seq: number, reason: unknown, kills: boolean): void {
    const member = this.#engine.member(worker);
    if (member === undefined || member.abandoned.has(seq)) return;
    member.abandoned.add(seq);
    this.cancelled++;
    member.sendReport(reason, { kind: Kind.abort, seq });
    if (kills) this.#killLater(member, seq, this.#engine.settings.taskGrace);
  }

  #killLater(member: CrewMember, seq: number, grace: number): void {
    const { dispatcher } = this.#engine;
    after(grace, () => {
      // It may run a later task by now, which must not be lost.
      if (dispatcher.holdAt(member.worker, seq)) member.kill("it goes on with a task that was given up (taskGrace)");
      // A worker on another host can be held only once that host has told what it runs.
      else if (dispatcher.post(member.worker)?.first === seq) this.#killLater(member, seq, Math.max(grace, LOOK_MS));
    });
  }

  /** Lets workers end that have had no task for long enough. */
  watchIdle(): void {
    const { idleTimeout } = this.#engine.settings;
    if (idleTimeout === Number.POSITIVE_INFINITY) return;
    const isIdle = (worker: number): boolean => now() - (this.#engine.member(worker)?.idleSince ?? 0) >= idleTimeout;
    this.#engine.dispatcher.shrink(isIdle);
    for (const post of this.#engine.dispatcher.posts) {
      const member = this.#engine.member(post.worker);
      if (member === undefined || !post.isEmpty || post.state !== "ready" || member.isWatched) continue;
      member.isWatched = true;
      after(idleTimeout, () => {
        member.isWatched = false;
        this.#engine.schedule();
      });
    }
  }

  #settle(member: CrewMember, { worker, seq, count, number: ms }: Entry, open: () => unknown): void {
    const tasks = this.#engine.dispatcher.settled(worker, seq, count);
    this.#noteDone(member, tasks, ms);
    const wanted = this.#wanted(member, seq, tasks);
    this.#forget(member, seq, tasks);
    if (wanted.length === 0) return;
    const opening = whenOpen(
      open,
      (values) => this.#deliver(member, wanted, count, values, ms / count),
      (error) => {
        for (const { work, index, count } of wanted) for (let i = index; i < index + count; i++) work.call.failed(work.first + i, error);
      },
    );
    if (opening !== undefined) void this.opening.note(wanted, opening);
  }

  // The tasks for whose results somebody waits.
  #wanted(member: CrewMember, seq: number, tasks: readonly TasksAt<TaskWork>[]): Wanted[] {
    const wanted: Wanted[] = [];
    let at = 0;
    for (const { work, index, count } of tasks) {
      if (!work.isOver && member.abandoned.size === 0) wanted.push({ work, index, count, at });
      else if (!work.isOver)
        for (let i = 0; i < count; i++)
          if (!member.abandoned.has(seq + at + i)) wanted.push({ work, index: index + i, count: 1, at: at + i });
      at += count;
    }
    return wanted;
  }

  #deliver(member: CrewMember, wanted: readonly Wanted[], total: number, values: unknown, duration: number): void {
    if (!Array.isArray(values) || values.length !== total)
      throw new CorruptedError("A worker sent results that are not valid: it runs another version of polyproc, or is corrupted.");
    for (const { work, index, count, at } of wanted) {
      this.done += count;
      tellDone(member, work, index, count, duration);
      work.call.values(work.first + index, count === total ? values : values.slice(at, at + count));
    }
  }

  #fail(member: CrewMember, { worker, seq, number: ms }: Entry, open: () => unknown): void {
    const [task] = this.#engine.dispatcher.settled(worker, seq, 1);
    if (task === undefined) return;
    this.#noteDone(member, [task], ms);
    const { work, index } = task;
    const isWanted = !work.isOver && !this.#isAbandoned(member, seq);
    this.#forget(member, seq, [task]);
    if (!isWanted) return;
    this.failed++;
    const fail = (error: unknown): void => {
      tellTask("error", member, work, index, { error, duration: ms });
      work.call.failed(work.first + index, error);
    };
    void whenOpen(open, (value) => fail(this.#withOrigin(member, (value as { error?: unknown } | null)?.error, task)), fail);
  }

  #withOrigin(member: CrewMember, error: unknown, { work, index }: TaskAt<TaskWork>): unknown {
    if (!(error instanceof Error) || !Object.isExtensible(error)) return error;
    const { pid = null, name = "", runtime = this.#engine.settings.runtime } = member.link ?? {};
    const origin = { pid, name, runtime };
    const remote = work.isIndexed ? { ...origin, index: work.first + index } : origin;
    Object.defineProperty(error, "remote", { value: remote, configurable: true, writable: true });
    return error;
  }

  #noteDone(member: CrewMember, tasks: readonly TasksAt<TaskWork>[], ms: number): void {
    const total = tasks.reduce((sum, { count }) => sum + count, 0);
    member.done += total;
    member.idleSince = now();
    member.busy += ms;
    if (total === 0) return;
    this.runTimes.add(ms / total, total);
    tasks[0]?.work.call.target.took(ms, total);
    for (const { work, count } of tasks) work.done(count);
  }

  // These tasks have settled, and the first of them has the number `seq`. Those that were given up are counted, each of them once.
  #forget(member: CrewMember, seq: number, tasks: readonly TasksAt<TaskWork>[]): void {
    let at = seq;
    for (const { work, count } of tasks) {
      const end = at + count;
      if (work.isOver) this.cancelled += count;
      if (member.abandoned.size === 0) at = end;
      for (; at < end; at++) if (member.abandoned.delete(at) && work.isOver) this.cancelled--;
    }
    member.forgetLimits(at);
  }

  #isAbandoned(member: CrewMember, seq: number): boolean {
    return member.abandoned.size > 0 && member.abandoned.has(seq);
  }

  #begun(member: CrewMember, seq: number): void {
    this.#withTask(member, seq, ({ work, index }) => {
      const { taskTimeout } = work.call;
      const forget = after(taskTimeout, () => {
        if (this.#engine.dispatcher.post(member.worker)?.first !== seq || member.ending !== undefined) return;
        if (work.isOver || this.#isAbandoned(member, seq)) return;
        const error = new TimeoutError(`The task took longer than its limit of ${taskTimeout} ms (taskTimeout), and is given up.`);
        this.abandon(member.worker, seq, error, true);
        member.flush();
        tellTask("error", member, work, index, { error });
        work.call.failed(work.first + index, error);
      });
      member.limits.set(seq, forget);
    });
  }

  #report(member: CrewMember, seq: number, open: () => unknown): void {
    this.#withTask(member, seq, ({ work, index }) => {
      const accept = (tell: () => void): void => {
        if (!work.isOver) tell();
        member.send(undefined, { kind: Kind.accepted, seq, number: 1 });
        member.flush();
      };
      void whenOpen(
        open,
        (value) => accept(() => work.call.reported(work.first + index, value)),
        (error) => accept(() => work.call.giveUp(error)),
      );
    });
  }

  #memory(member: CrewMember, bytes: number): void {
    member.memory = bytes;
    if (bytes > this.#engine.settings.maxMemoryPerChild && !member.isEnding) this.#engine.recycle(member.worker);
  }

  #withTask(member: CrewMember, seq: number, use: (task: TaskAt<TaskWork>) => void): void {
    const task = this.#engine.dispatcher.post(member.worker)?.at(seq);
    if (task !== undefined && !task.work.isOver && !this.#isAbandoned(member, seq)) use(task);
  }
}
