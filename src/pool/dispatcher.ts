import { CorruptedError } from "../errors/errors.ts";
import { Backlog, type Place, type Source } from "./backlog.ts";
import { Post } from "./post.ts";
import type { TaskAt, TasksAt, Work } from "./work.ts";

/** What the dispatcher makes happen. It decides; these functions act. */
export interface Hands<W extends Work> {
  /** Starts a worker. Returns its number. Later `ready` or `died` is called with it. */
  start(): number;
  /** Hands work to a worker. Its first task has the number `seq` there, the next one `seq + 1`. */
  hand(worker: number, work: W, seq: number): void;
  /**
   * Forbids a worker to begin tasks from `from` on. Returns the lowest number that it has not begun and can't begin any more. If that is
   * above `from`, the task before it may still be refused: then `skipped` is called.
   */
  takeBack(worker: number, from: number): number;
  /** Lets a worker begin all tasks again. */
  allow(worker: number): void;
  /** Lets a worker end once it has done what was handed to it. */
  retire(worker: number): void;
}

export interface DispatcherLimits {
  readonly min: number;
  readonly max: number;
  /** The number of tasks after which a worker ends. `Infinity` means never. */
  readonly maxTasks: number;
  /** Whether a worker may have tasks behind those that it runs. Default: true. */
  readonly sendsAhead?: boolean;
}

/** A task that a worker may be running. */
export interface RunningAt<W> extends TaskAt<W> {
  readonly worker: number;
  /** The task's number in the worker. */
  readonly seq: number;
}

/**
 * Decides which worker gets which tasks. It is a plain state machine: it starts no process, sets no timer and reads no clock. Each task is in
 * one place at any time: in a source, in the backlog, or in the post of one worker. It leaves when it is settled.
 */
export class Dispatcher<W extends Work> {
  readonly #hands: Hands<W>;
  readonly #limits: DispatcherLimits;
  readonly #backlog = new Backlog<W>((worker, key) => this.#posts.get(worker)?.find((work) => work.key === key) !== undefined);
  readonly #posts = new Map<number, Post<W>>();
  #isClosed = false;
  // How many more workers may have tasks, during `dispatch`.
  #room = 0;

  constructor(hands: Hands<W>, limits: DispatcherLimits) {
    this.#hands = hands;
    this.#limits = limits;
  }

  /** The posts of all workers that have not died. */
  get posts(): Iterable<Post<W>> {
    return this.#posts.values();
  }

  post(worker: number): Post<W> | undefined {
    return this.#posts.get(worker);
  }

  /** Whether an event of a worker will come: it has tasks, or it starts and tasks wait. */
  get isBusy(): boolean {
    if (this.#backlog.isWaiting) return this.#posts.size > 0;
    for (const post of this.#posts.values()) if (!post.isEmpty) return true;
    return false;
  }

  /** The number of tasks that wait, as far as it is known. */
  get waiting(): number {
    return this.#backlog.size;
  }

  /** Adds a source of work. The sources take turns. Returns its place. */
  add(source: Source<W>): Place<W> {
    return this.#backlog.add(source);
  }

  /** Removes the source from its place, if it is still there. */
  remove(place: Place<W>): void {
    this.#backlog.remove(place);
  }

  /** Adds work that was in a worker before. It goes ahead of all other work. */
  again(works: readonly W[]): void {
    this.#backlog.again(works);
  }

  /** Starts no worker any more, except for the work that waits. Workers without work retire. */
  close(): void {
    this.#isClosed = true;
    this.dispatch();
  }

  /** Drops everything: all calls are over, and no worker is asked any more. */
  end(): void {
    for (const post of this.#posts.values()) for (const work of post.cut(post.first)) work.drop();
    this.#posts.clear();
    this.#backlog.drop();
  }

  /** A worker can take tasks from now on. */
  ready(worker: number): void {
    const post = this.#posts.get(worker);
    if (post?.state === "starting") post.state = "ready";
  }

  /** Tasks of a worker are settled, the first of which has the number `seq`. Returns them. */
  settled(worker: number, seq: number, count: number): TasksAt<W>[] {
    const post = this.#posts.get(worker);
    if (post === undefined) return [];
    if (seq !== post.first || count > post.size)
      throw new CorruptedError("A worker told of a task that it does not have: it runs another version of polyproc, or is corrupted.");
    const tasks = post.shift(count);
    if (post.state === "retired") this.#leave(post);
    return tasks;
  }

  /** A worker has refused tasks that were taken back from it. */
  skipped(worker: number, seq: number, count: number): void {
    const post = this.#posts.get(worker);
    if (post === undefined) return;
    // The first of them may be one that could have begun just when it was taken back.
    const inDoubt = Math.min(count, Math.max(0, post.end - seq));
    if (inDoubt > 0)
      this.#backlog.again(this.settled(worker, seq, inDoubt).map(({ work, index, count }) => work.part(index, index + count) as W));
    post.refused(seq + count);
  }

  /** A worker has died. Returns the tasks that it had begun and not settled. The others wait again, ahead of all other work. */
  died(worker: number, begun: number): TaskAt<W>[] {
    const post = this.#posts.get(worker);
    if (post === undefined) return [];
    this.#posts.delete(worker);
    const lost = post.shift(Math.max(0, Math.min(post.end, begun + 1) - post.first));
    this.#backlog.leave(worker, post.cut(post.first));
    return lost.flatMap(each);
  }

  /**
   * A message with tasks could not be sent to a worker, and later ones were not sent. Returns the tasks of that message. The worker ends after
   * those that it has.
   */
  unsent(worker: number, seq: number, count: number): TaskAt<W>[] {
    const post = this.#posts.get(worker);
    if (post === undefined) return [];
    this.#takeBack(post, Math.min(seq + count, post.end));
    const tasks = post.limit(seq).flatMap((work) => each({ work, index: 0, count: work.size }));
    this.#retire(post);
    return tasks;
  }

  /** Takes back all work that nobody waits for. Returns those of its tasks that workers may be running. */
  drop(): RunningAt<W>[] {
    this.#backlog.drop();
    const running: RunningAt<W>[] = [];
    for (const post of this.#posts.values()) {
      const seq = post.find(({ isOver }) => isOver);
      if (seq === undefined) continue;
      this.#takeBack(post, seq);
      const first = post.at(post.first);
      if (first?.work.isOver === true) running.push({ ...first, worker: post.worker, seq: post.first });
    }
    this.#backlog.drop();
    return running;
  }

  /** Lets a worker end after the task that it runs. */
  retire(worker: number): void {
    const post = this.#posts.get(worker);
    if (post === undefined || post.state === "retired") return;
    if (post.size > 1) this.#takeBack(post, post.first + 1);
    this.#retire(post);
  }

  /** Keeps a worker from beginning another task than the one with this number. Returns false if it may have gone on already. */
  holdAt(worker: number, seq: number): boolean {
    const post = this.#posts.get(worker);
    return post?.first === seq && this.#takeBack(post, seq + 1) === seq + 1;
  }

  /** Hands out what can be handed out, and starts workers that are needed. */
  dispatch(): void {
    // The successor of a retired worker is up already, but waits while the tasks of that one run.
    this.#room = this.#limits.max - this.#count((post) => !post.isEmpty);
    for (let progress = true; progress; ) {
      progress = false;
      for (const post of this.#posts.values()) if (this.#serve(post)) progress = true;
    }
    this.#startWorkers();
    if (this.#isClosed && !this.#backlog.isWaiting)
      for (const post of this.#posts.values()) if (post.isEmpty && post.state === "ready") this.#retire(post);
  }

  /** Whether a worker has nothing to do while tasks that have not begun wait in another one. */
  get isUnbalanced(): boolean {
    return this.#hasIdle && this.#longest() !== undefined;
  }

  /** Whether that should change at once, because these tasks will probably take longer than `ms` milliseconds. */
  waitsLonger(ms: number): boolean {
    return this.isUnbalanced && (this.#longest()?.timeAhead ?? 0) > ms;
  }

  /** Whether tasks wait behind others in a worker. */
  get hasAhead(): boolean {
    for (const post of this.#posts.values()) if (post.size > 1) return true;
    return false;
  }

  /** Takes tasks back that wait behind one which has not ended since the last call. */
  relieve(): void {
    for (const post of this.#posts.values()) {
      const from = post.look();
      if (from !== undefined) this.#takeBack(post, from);
    }
  }

  /** Gives an idle worker half of the tasks that wait in another one. */
  rebalance(): void {
    const longest = this.#hasIdle ? this.#longest() : undefined;
    if (longest?.half === undefined) return;
    this.#takeBack(longest, longest.half);
    this.dispatch();
  }

  /** Ends workers without work above the minimum. `isIdle` says which have been without work for long enough. */
  shrink(isIdle: (worker: number) => boolean): void {
    let active = this.#count((post) => post.state !== "retired");
    for (const post of this.#posts.values()) {
      if (active <= this.#limits.min) return;
      if (!post.isEmpty || post.state !== "ready" || this.#backlog.hasOwn(post.worker) || !isIdle(post.worker)) continue;
      this.#retire(post);
      active--;
    }
  }

  #serve(post: Post<W>): boolean {
    if (post.state !== "ready") return false;
    if (post.isEmpty && post.isLimited) {
      post.unlimit();
      this.#hands.allow(post.worker);
    }
    const mayTake = !post.isEmpty || this.#room > 0;
    const work = mayTake && post.hasRoom ? this.#backlog.next(post) : undefined;
    if (work === undefined) return false;
    if (post.isEmpty) this.#room--;
    const seq = post.push(work);
    this.#hands.hand(post.worker, work, seq);
    if (post.handed >= this.#limits.maxTasks) this.#retire(post);
    return true;
  }

  #startWorkers(): void {
    const active = this.#count((post) => post.state !== "retired");
    const free = this.#count((post) => post.state === "starting" || (post.state === "ready" && post.isEmpty));
    let missing = Math.min(this.#backlog.tasks(this.#limits.max) - free, this.#limits.max - active);
    if (!this.#isClosed) missing = Math.max(missing, this.#limits.min - active);
    for (; missing > 0; missing--) {
      const worker = this.#hands.start();
      this.#posts.set(worker, new Post(worker, this.#limits.maxTasks, this.#limits.sendsAhead));
    }
  }

  #retire(post: Post<W>): void {
    if (post.state === "retired") return;
    post.state = "retired";
    this.#leave(post);
    this.#hands.retire(post.worker);
  }

  // Tasks with a key must not run elsewhere as long as the worker may run earlier ones.
  #leave(post: Post<W>): void {
    if (post.find(({ key }) => key !== undefined) === undefined) this.#backlog.leave(post.worker, []);
  }

  #takeBack(post: Post<W>, from: number): number {
    const kept = this.#hands.takeBack(post.worker, from);
    this.#backlog.again(post.limit(kept));
    return kept;
  }

  get #hasIdle(): boolean {
    if (this.#backlog.isWaiting) return false;
    for (const post of this.#posts.values()) if (post.state === "ready" && post.isEmpty) return true;
    return false;
  }

  // The post with the most tasks, among those from which another worker may take some.
  #longest(): Post<W> | undefined {
    let longest: Post<W> | undefined;
    for (const post of this.#posts.values()) if (post.half !== undefined && post.size > (longest?.size ?? 0)) longest = post;
    return longest;
  }

  #count(matches: (post: Post<W>) => boolean): number {
    let count = 0;
    for (const post of this.#posts.values()) if (matches(post)) count++;
    return count;
  }
}

function each<W>({ work, index, count }: TasksAt<W>): TaskAt<W>[] {
  return Array.from({ length: count }, (_, i) => ({ work, index: index + i }));
}
