import type { Callable } from "../../target/target.ts";
import type { Entry } from "../entries.ts";
import type { Arrived, Inbox } from "./inbox.ts";
import { Prepared } from "./prepared.ts";

/** Prepares the tasks of an entry: at once, or later if its target has to be imported or shared objects are on their way. */
export function prepare(arrived: Arrived, inbox: Inbox): Prepared | Promise<Prepared> {
  const { entry } = arrived;
  // The target is imported first: the arguments may contain instances of classes that its module registers.
  const call = inbox.targets.get(entry.target);
  if (call instanceof Promise) return call.then((loaded) => withArguments(loaded, arrived, inbox));
  return withArguments(call, arrived, inbox);
}

function withArguments(call: Callable, { entry, open }: Arrived, inbox: Inbox): Prepared | Promise<Prepared> {
  const value = open();
  const kwargs = entry.kwargs === 0 ? undefined : inbox.kwargs(entry.kwargs);
  if (value instanceof Promise || kwargs instanceof Promise)
    return Promise.all([value, kwargs]).then(([opened, named]) => prepared(call, entry, opened, named));
  return prepared(call, entry, value, kwargs);
}

function prepared(call: Callable, entry: Entry, value: unknown, kwargs: unknown): Prepared {
  return new Prepared(call, entry, value, entry.kwargs === 0 ? [] : [kwargs]);
}
