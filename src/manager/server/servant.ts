/** Carries out the calls of one managed object. What a method returns, or a promise of that, is the result of the call. */
export interface Servant {
  /** Throws `TypeError` for a method that does not exist. */
  call(method: string, args: readonly unknown[]): unknown;
  /** Called when no process holds the object any more. */
  discard?(): void;
}

/** The methods of a servant by name. The table has no prototype, so that `constructor` and the like name no method. */
export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Makes a servant of a table of methods. */
export function servantOf(what: string, methods: Methods): Servant {
  const table = Object.assign(Object.create(null) as Record<string, (...args: unknown[]) => unknown>, methods);
  return {
    call: (method, args) => {
      const found = table[method];
      if (found === undefined) throw noMethod(what, method);
      return found(...args);
    },
  };
}

/** A call names a method that does not exist. */
export function noMethod(what: string, method: string): TypeError {
  return new TypeError(`${what} has no method ${JSON.stringify(method.slice(0, 100))}.`);
}
