import { Kind } from "../entries.ts";
import type { PoolTarget } from "../targets.ts";
import type { CheckedTaskOptions } from "../task-options.ts";
import type { CallHost } from "./call.ts";
import { SingleCall } from "./single.ts";

/** A call whose task gives one value. */
export class ApplyCall extends SingleCall {
  readonly result: Promise<unknown>;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(host: CallHost, target: PoolTarget, options: CheckedTaskOptions, args: readonly unknown[]) {
    super(host, target, options, Kind.apply, args, "args");
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  values(_first: number, [value]: readonly unknown[]): void {
    if (this.end()) this.#resolve(value);
  }

  protected reject(error: unknown): void {
    this.#reject(error);
  }
}
