import { turn } from "../../util/clock.ts";
import { describe } from "../../util/describe.ts";
import { Kind } from "../entries.ts";
import type { Outbox } from "./outbox.ts";
import type { RunningTask } from "./running-task.ts";

/** Sends the values of what a target returned, as far as they are wanted. */
export async function give(values: unknown, task: RunningTask, outbox: Outbox): Promise<void> {
  const iterator = iteratorOf(await values);
  let isDone = false;
  try {
    while (await task.mayGive()) {
      const { done, value } = await iterator.next();
      if (done === true) {
        isDone = true;
        return;
      }
      outbox.add(await value, "value", { kind: Kind.item, seq: task.seq, count: 1 });
      outbox.flush();
      await turn();
    }
  } finally {
    if (!isDone) await iterator.return?.();
  }
}

function iteratorOf(values: unknown): Iterator<unknown> | AsyncIterator<unknown> {
  const given = values as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined;
  if (typeof given === "object" && given !== null) {
    if (typeof given[Symbol.asyncIterator] === "function") return (given as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (typeof given[Symbol.iterator] === "function") return (given as Iterable<unknown>)[Symbol.iterator]();
  }
  throw new TypeError(`The target of iterate() must give an iterable, as a generator does, and it gave ${describe(values)}.`);
}
