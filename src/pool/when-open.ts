import type { TaskCall, TaskWork } from "./task-work.ts";
import type { TaskAt } from "./work.ts";

/** Opens a value, now or when its shared objects are there. */
export function whenOpen(
  open: () => unknown,
  use: (value: unknown) => void,
  fail: (error: unknown) => void = () => {},
): Promise<void> | undefined {
  let value: unknown;
  try {
    value = open();
  } catch (error) {
    fail(error);
    return undefined;
  }
  if (value instanceof Promise) return value.then(use, fail);
  use(value);
  return undefined;
}

/** The calls whose results are opened at this moment. Nobody runs their tasks any more, but they will settle. */
export class Opening {
  readonly calls: TaskCall[] = [];
  readonly #done: () => void;

  /** @param done called whenever results are open */
  constructor(done: () => void) {
    this.#done = done;
  }

  async note(tasks: readonly TaskAt<TaskWork>[], opening: Promise<void>): Promise<void> {
    for (const { work } of tasks) this.calls.push(work.call);
    try {
      await opening;
    } finally {
      for (const { work } of tasks) this.calls.splice(this.calls.indexOf(work.call), 1);
      this.#done();
    }
  }
}
