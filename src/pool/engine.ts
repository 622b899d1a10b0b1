import { BrokenPoolError, ClosedError, StateError } from "../errors/errors.ts";
import { isModuleOfChild } from "../launch/may-start.ts";
import { page } from "../tree/page.ts";
import { date, soon } from "../util/clock.ts";
import { holdEventLoop } from "../util/event-loop.ts";
import { LinkedList } from "../util/linked-list.ts";
import type { Wait } from "../util/wait-options.ts";
import { endsWithin } from "../util/within.ts";
import type { Place, Source } from "./backlog.ts";
import { Balance } from "./balance.ts";
import type { CallHost, PoolCall } from "./calls/call.ts";
import { Crew } from "./crew.ts";
import type { CrewMember } from "./crew-member.ts";
import { Dispatcher, type Hands } from "./dispatcher.ts";
import { Kind } from "./entries.ts";
import { NamedArguments } from "./named-arguments.ts";
import type { PoolSettings } from "./options.ts";
import { ReceiveLoop } from "./receive-loop.ts";
import { Receiver } from "./receiver.ts";
import type { Repeatable } from "./repeatable.ts";
import { Room } from "./room.ts";
import type { PoolTarget } from "./targets.ts";
import type { TaskWork } from "./task-work.ts";
import { tellOf } from "./told.ts";
import type { WorkerSource } from "./worker-source.ts";

/** A worker is replaced after so many tasks, because their numbers have 32 bits. */
const MOST_TASKS = 2 ** 30;

/** Runs the calls of a pool: it does what the dispatcher decides, and tells it what the workers say. */
export class Engine implements CallHost, Hands<TaskWork> {
  readonly settings: PoolSettings;
  readonly dispatcher: Dispatcher<TaskWork>;
  readonly receiver: Receiver;
  readonly source: WorkerSource;
  readonly #receiving: ReceiveLoop;
  readonly crew: Crew;
  readonly #calls = new LinkedList<PoolCall>();
  readonly #kwargs = new NamedArguments();
  readonly #room = new Room(() => this.hasRoom);
  readonly #ended = Promise.withResolvers<void>();
  readonly initializer: PoolTarget | undefined;
  #state: "open" | "closed" | "terminated" | "ended" = "open";
  #broken: BrokenPoolError | undefined;
  #tasks = 0;
  #hasGivenUp = false;
  // Calls whose target is looked for. They wait, too.
  #searching = 0;
  #isScheduled = false;
  readonly #balance: Balance<TaskWork>;
  #letGo: (() => void) | undefined;
  readonly #untell: () => void;

  constructor(settings: PoolSettings, source: WorkerSource, initializer: PoolTarget | undefined) {
    this.settings = settings;
    this.source = source;
    this.initializer = initializer;
    this.crew = new Crew(settings, source, initializer, {
      changed: () => this.schedule(),
      dead: (worker) => this.dead(worker),
      unsent: (member, error, seq, count) => {
        this.receiver.refused(this.dispatcher.unsent(member.worker, seq, count), error);
        this.schedule();
      },
      broken: (error) => this.#break(error),
    });
    this.receiver = new Receiver(this);
    this.#receiving = new ReceiveLoop(source.results, this.receiver, this);
    this.dispatcher = new Dispatcher<TaskWork>(this, {
      min: settings.min,
      max: settings.max,
      maxTasks: Math.min(settings.maxTasksPerChild, MOST_TASKS),
      sendsAhead: source.sendsAhead,
    });
    this.#balance = new Balance(this.dispatcher, () => this.pass());
    const { crew, dispatcher, receiver } = this;
    this.#untell = tellOf({ name: settings.name, since: date(), crew, dispatcher, receiver });
    // A module may start no processes while a child imports it. Its pool starts them with its first task.
    if (settings.min === 0 || isModuleOfChild()) return;
    const located = Promise.resolve(initializer?.located);
    located.then(() => this.schedule()).catch(() => {}); // Each call rejects with that error.
  }

  get workers(): number {
    return this.settings.max;
  }

  get hasRoom(): boolean {
    const { maxQueued } = this.settings;
    // The waiting tasks are not counted without need.
    return maxQueued === Number.POSITIVE_INFINITY || this.dispatcher.waiting + this.#searching < maxQueued;
  }

  member(worker: number): CrewMember | undefined {
    return this.crew.member(worker);
  }

  /** Throws if the pool takes no tasks. */
  checkOpen(): void {
    if (this.#state !== "open") throw new ClosedError("The pool is closed: make a new Pool for more tasks.");
    if (this.#broken !== undefined) throw new BrokenPoolError(this.#broken.message, { cause: this.#broken.cause });
  }

  /** Begins a call once there is room for it. */
  beginWithRoom(call: PoolCall): void {
    const room = this.#room.wait(call.options);
    if (room === undefined) this.begin(call);
    else
      room.then(
        () => this.begin(call),
        (error: unknown) => call.giveUp(error),
      );
  }

  /** Begins a call, once its target is found. */
  begin(call: PoolCall): void {
    if (call.isOver) return;
    // The pool may have ended after it let the call in.
    if (this.#state === "terminated") return call.giveUp(terminated());
    if (this.#state === "ended") return call.giveUp(closedBefore());
    if (this.#broken !== undefined) return call.giveUp(this.#broken);
    call.place = this.#calls.push(call);
    this.#letGo ??= holdEventLoop();
    call.watch();
    if (call.target.ref !== undefined && this.#canStart) return call.offer();
    this.#searching++;
    Promise.all([call.target.located, this.initializer?.located])
      .finally(() => this.#searching--)
      .then(
        () => call.offer(),
        (error: unknown) => call.giveUp(error),
      );
  }

  // What the calls need.

  offer(source: Source<TaskWork>): Place<TaskWork> {
    this.schedule();
    return this.dispatcher.add(source);
  }

  withdraw(place: Place<TaskWork>): void {
    this.dispatcher.remove(place);
  }

  number(count: number): number {
    this.#tasks += count;
    return this.#tasks - count + 1;
  }

  keepKwargs(kwargs: object | undefined): number {
    return kwargs === undefined ? 0 : this.#kwargs.keep(kwargs, this.source);
  }

  /** Returns the named arguments of a call by their number. */
  kwargsOf(number: number): Repeatable | undefined {
    return this.#kwargs.get(number);
  }

  settled(call: PoolCall): void {
    if (call.place !== undefined) this.#calls.remove(call.place);
    if (this.#calls.size === 0) {
      this.#letGo?.();
      this.#letGo = undefined;
    }
    if (call.kwargs !== 0) {
      this.#kwargs.release(call.kwargs);
      for (const member of this.crew) member.forget(call.kwargs);
    }
    if (call.manner !== undefined) this.#hasGivenUp = true;
    if (call.manner !== undefined || this.#state !== "open") this.schedule();
  }

  more(call: PoolCall, count: number): void {
    const post = [...this.dispatcher.posts].find((each) => each.at(each.first)?.work.call === call);
    if (post === undefined) return;
    this.crew.member(post.worker)?.send(undefined, { kind: Kind.more, seq: post.first, number: count });
    this.crew.member(post.worker)?.flush();
  }

  // What the dispatcher needs.

  start(): number {
    this.receiver.started++;
    return this.crew.start();
  }

  hand(worker: number, work: TaskWork, seq: number): void {
    const member = this.crew.member(worker);
    member?.hand(work, seq, this.#kwargs.get(work.call.kwargs));
    this.receiver.handed(work, member, seq);
  }

  takeBack(worker: number, from: number): number {
    return this.crew.member(worker)?.link?.mark.limit(from) ?? from;
  }

  allow(worker: number): void {
    this.crew.member(worker)?.link?.mark.unlimit();
  }

  retire(worker: number): void {
    const member = this.crew.member(worker);
    if (member === undefined) return;
    member.isEnding = true;
    const { maxTasksPerChild: most } = this.settings;
    if ((this.dispatcher.post(worker)?.left ?? 1) <= 0) this.receiver.replaced(member, `it has had its ${most} tasks (maxTasksPerChild)`);
    member.send(undefined, { kind: Kind.end });
    member.flush();
  }

  // What happens to workers.

  ready(member: CrewMember): void {
    this.crew.ready(member);
    this.dispatcher.ready(member.worker);
  }

  /** A worker uses more memory than it may, or is to be replaced for another reason. */
  recycle(worker: number): void {
    const member = this.crew.member(worker);
    if (member !== undefined) this.receiver.replaced(member, `it takes ${member.memory} bytes of memory (maxMemoryPerChild)`);
    this.dispatcher.retire(worker);
  }

  /** A worker has died, and all that it sent has been handled. */
  dead(worker: number): void {
    const member = this.crew.member(worker);
    if (member?.ending === undefined) return;
    const first = this.dispatcher.post(worker)?.first ?? 0;
    this.receiver.lost(member, first, this.dispatcher.died(worker, member.link?.mark.begun() ?? 0));
    this.crew.remove(member);
    this.schedule();
  }

  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    soon(() => {
      this.#isScheduled = false;
      this.pass();
    });
  }

  /** Takes no more tasks. */
  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    this.#room.fail(closedBefore);
    this.schedule();
  }

  /** Ends everything at once. */
  terminate(): void {
    if (this.#state === "terminated" || this.#state === "ended") return;
    this.#state = "terminated";
    for (const call of [...this.#calls]) call.giveUp(terminated());
    this.#room.fail(terminated);
    this.crew.terminate();
    this.dispatcher.end();
    this.schedule();
  }

  /** Waits until all workers are gone. False if the time ran out. */
  async join(wait: Wait): Promise<boolean> {
    if (this.#state === "open") throw new StateError("join() waits for the workers' end: call close() or terminate() first.");
    return endsWithin(this.#ended.promise, wait);
  }

  /** Nothing can be received any more. */
  deaf(error: unknown): void {
    for (const call of [...this.#calls]) call.giveUp(error);
  }

  // Closes what the pool itself has open, once all its workers are gone.
  #endIfDone(): void {
    const isDone = this.#state === "terminated" || (this.#state === "closed" && this.#calls.size === 0);
    if (!isDone || this.crew.size > 0) return;
    this.#state = "ended";
    this.#untell();
    this.crew.close();
    this.source.close();
    this.#ended.resolve();
  }

  #break(error: BrokenPoolError): void {
    this.#broken = error;
    this.#room.fail(() => error);
    this.#giveUpWaiting(error);
  }

  // What waits in a broken pool can never run. What runs goes on, as long as nothing more of its call waits.
  #giveUpWaiting(error: BrokenPoolError): void {
    const begun = [...this.dispatcher.posts].flatMap((post) => post.at(post.first)?.work.call ?? []);
    const running = new Set([...begun, ...this.receiver.opening.calls]);
    for (const call of [...this.#calls]) if (!running.has(call) || call.tasks(1) > 0) call.giveUp(error);
  }

  /** Hands out tasks, and does what else may be due. */
  pass(): void {
    if (this.#state === "open" || this.#state === "closed") {
      if (this.#hasGivenUp) this.#dropGivenUp();
      if (this.#state === "closed" && this.#calls.size === 0) {
        this.dispatcher.close();
        this.crew.dismiss();
      } else if (this.#broken !== undefined) this.#giveUpWaiting(this.#broken);
      else if (this.#canStart) this.dispatcher.dispatch();
      for (const member of this.crew) member.flush();
      this.#balance.watch();
      this.#room.enter();
      this.receiver.watchIdle();
      page.changed();
    }
    this.#endIfDone();
    void this.#receiving.run();
  }

  // A worker needs the initializer, and that is looked for at first.
  get #canStart(): boolean {
    return this.initializer === undefined || this.initializer.ref !== undefined;
  }

  #dropGivenUp(): void {
    this.#hasGivenUp = false;
    for (const { work, worker, seq } of this.dispatcher.drop()) {
      const { reason, manner } = work.call as PoolCall;
      this.receiver.abandon(worker, seq, reason, manner === "kill");
    }
  }

  get expectsMore(): boolean {
    // Also an idle pool hears that a worker is ready. Otherwise the worker would be killed after its startTimeout.
    return this.holdsProgram || (this.#state === "open" && this.crew.hasStarting);
  }

  get holdsProgram(): boolean {
    return (
      (this.#state === "open" || this.#state === "closed") &&
      (this.crew.hasDead || this.dispatcher.isBusy || (this.#state === "closed" && this.crew.size > 0))
    );
  }
}

function closedBefore(): ClosedError {
  return new ClosedError("The pool was closed before there was room for the task.");
}

function terminated(): ClosedError {
  return new ClosedError("The pool was terminated before the task was done.");
}
