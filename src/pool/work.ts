/** Tasks of one call that are handed to a worker together. */
export interface Work {
  /** The number of tasks. */
  readonly size: number;
  /** Tasks with the same key run in order in one worker. `undefined` means that any worker may run them. */
  readonly key: unknown;
  /** The time in milliseconds that its tasks will probably take together. `undefined` if that is not known. */
  readonly time: number | undefined;
  /** The number of tasks in each of its chunks. It may be parted between two chunks, so that several workers run it. */
  readonly chunk: number;
  /** Whether nobody waits for it any more. Then it is dropped, and never handed out. */
  readonly isOver: boolean;
  /** Returns the tasks from index `start` up to, but not including, `end`, as work of their own. */
  part(start: number, end: number): Work;
  /** Called when it is dropped, so that nobody will run it. */
  drop(): void;
}

/** One task of work. */
export interface TaskAt<W> {
  readonly work: W;
  /** The task's index in its work. */
  readonly index: number;
}

/** Tasks of one work that follow each other. */
export interface TasksAt<W> extends TaskAt<W> {
  /** The number of tasks. `index` is that of the first one. */
  readonly count: number;
}
