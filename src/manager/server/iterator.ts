import { Special, Status } from "../outcome.ts";
import { type Servant, servantOf } from "./servant.ts";

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/** Returns the iterator of an (async) iterable that does not travel as a value: a generator, an iterator, or an async iterable. */
export function iteratorOf(result: unknown): AnyIterator | undefined {
  if (typeof result !== "object" || result === null) return undefined;
  const { [Symbol.asyncIterator]: makeAsync, [Symbol.iterator]: make, next } = result as Partial<AsyncIterable<unknown> & Generator>;
  if (typeof makeAsync === "function") return makeAsync.call(result);
  return typeof make === "function" && typeof next === "function" ? make.call(result) : undefined;
}

/** An iterator in its server. When nobody holds it any more, it is told to end, so that its `finally` runs. */
export function iteratorServant(iterator: AnyIterator): Servant {
  let isOver = false;
  const end = (value?: unknown): unknown => {
    if (isOver) return undefined;
    isOver = true;
    return iterator.return?.(value);
  };
  const { call } = servantOf("An iterator", {
    next: async () => {
      if (isOver) return new Special(Status.done);
      const { done, value } = await iterator.next();
      if (done !== true) return value;
      isOver = true;
      return new Special(Status.done, value);
    },
    return: async () => void (await end()),
  });
  const discard = (): void => {
    // Nobody is left who could hear of an error.
    Promise.resolve()
      .then(() => end())
      .catch(() => {});
  };
  return { call, discard };
}
