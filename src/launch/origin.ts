import type { AsyncLocalStorage } from "node:async_hooks";

/** The origin of the code that runs in a child: its modules run by themselves when it imports them, or its target has called the code. */
export type Origin = "module" | "target";

// Only children make it, because in the root all code may start processes.
let origins: AsyncLocalStorage<Origin> | undefined;

/** Calls a function, and marks all that it does with this origin, also what it goes on with after an `await` or in a timer. */
export function runAs<T>(origin: Origin, call: () => T): T {
  origins ??= new (process.getBuiltinModule("node:async_hooks").AsyncLocalStorage)<Origin>();
  return origins.run(origin, call);
}

/** Returns the origin of the running code, or `undefined` if it is not known. Bun does not pass the mark on to the code of a module. */
export function currentOrigin(): Origin | undefined {
  return origins?.getStore();
}
