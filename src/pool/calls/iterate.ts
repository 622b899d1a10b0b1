import { Kind } from "../entries.ts";
import type { PoolTarget } from "../targets.ts";
import type { CheckedTaskOptions } from "../task-options.ts";
import type { CallHost } from "./call.ts";
import { SingleCall } from "./single.ts";
import { Stream } from "./stream.ts";

const LOOK_AHEAD = 16;

/** A call whose target is a generator. */
export class IterateCall extends SingleCall {
  readonly #stream = new Stream<unknown>();

  constructor(host: CallHost, target: PoolTarget, options: CheckedTaskOptions, args: readonly unknown[]) {
    super(host, target, options, Kind.iterate, { args, lookAhead: options.lookAhead ?? LOOK_AHEAD }, "");
  }

  /** Returns the generator's values. The consumer's `break` ends the generator. */
  async *results(): AsyncGenerator<unknown, void, undefined> {
    try {
      for (;;) {
        const next = await this.#stream.next();
        if (next === undefined) return;
        // A value with shared objects inside may still be on its way to be opened. One that can't be opened ends the iteration in its turn.
        yield await next.value;
        this.host.more(this, 1);
      }
    } finally {
      this.end("kill");
    }
  }

  override gave(open: () => unknown): void {
    const value = new Promise((resolve) => resolve(open()));
    value.catch(() => {});
    this.#stream.push(value);
  }

  values(): void {
    if (this.end()) this.#stream.end();
  }

  protected reject(error: unknown): void {
    this.#stream.fail(error);
  }
}
