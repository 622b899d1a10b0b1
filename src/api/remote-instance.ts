import type { ManagedPort } from "../backend/contract/managed.ts";
import { ManagedObject, type ProxyDetails, registerProxy } from "../manager/managed-object.ts";
import { Status } from "../manager/outcome.ts";
import { ask, request } from "../manager/request.ts";
import { FOREVER } from "../util/wait-options.ts";

/** The proxy of an instance of a user's class: it has a method for each public method of the class. */
class RemoteInstance extends ManagedObject {
  constructor(details: ProxyDetails, make: () => ManagedPort) {
    super(details, make);
    for (const name of details.methods ?? [])
      Object.defineProperty(this, name, { value: (...args: unknown[]) => call(this, name, args), configurable: true });
  }

  // The end of a block closes the proxy alone. A `close()` of the user's class is a call like any other.
  override [Symbol.dispose](): void {
    super.close();
  }
}

/** The proxy of an iterator. */
class RemoteIterator extends ManagedObject implements AsyncIterableIterator<unknown> {
  async next(): Promise<IteratorResult<unknown>> {
    const { status, value } = await request(this, "next", [], FOREVER);
    if (status !== Status.done) return { done: false, value };
    this.close();
    return { done: true, value };
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    try {
      await ask(this, "return", [], FOREVER);
    } finally {
      this.close();
    }
    return { done: true, value };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

registerProxy("instance", RemoteInstance);
registerProxy("iterator", RemoteIterator);

/** The promise of a method's result. If that is an iterable, `for await` takes the promise itself, too. */
function call(object: ManagedObject, method: string, args: unknown[]): Promise<unknown> & AsyncIterable<unknown> {
  const result = request(object, method, args, FOREVER).then(({ value }) => value);
  return Object.assign(result, {
    async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
      yield* asIterable(await result, method);
    },
  });
}

function asIterable(value: unknown, method: string): AsyncIterable<unknown> | Iterable<unknown> {
  const iterable = value as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined;
  if (iterable?.[Symbol.asyncIterator] === undefined && iterable?.[Symbol.iterator] === undefined)
    throw new TypeError(`${method}() gave no iterable: await its result instead.`);
  return iterable as AsyncIterable<unknown>;
}
