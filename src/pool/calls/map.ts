import type { PoolTarget } from "../targets.ts";
import type { CheckedTaskOptions } from "../task-options.ts";
import type { CallHost } from "./call.ts";
import type { Elements } from "./elements.ts";
import { ManyCall, withIndex } from "./many.ts";
import { Results } from "./results.ts";

/** A call whose results come in one array. */
export class MapCall extends ManyCall {
  readonly result: Promise<unknown[]>;
  readonly #results = new Results();
  #resolve!: (values: unknown[]) => void;
  #reject!: (error: unknown) => void;

  constructor(host: CallHost, target: PoolTarget, options: CheckedTaskOptions, kind: number, elements: Elements) {
    super(host, target, options, kind, elements, true);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  override values(first: number, values: readonly unknown[]): void {
    super.values(first, this.options.settle ? values.map((value) => ({ status: "fulfilled", value })) : values);
  }

  override failed(index: number, error: unknown): void {
    if (!this.options.settle) super.failed(index, error);
    else if (!this.isOver) this.settled(index, [{ status: "rejected", reason: withIndex(error, index) }]);
  }

  protected mayTake(): number {
    return Number.POSITIVE_INFINITY;
  }

  protected give(first: number, values: readonly unknown[]): void {
    this.#results.add(first, values);
  }

  protected resolve(): void {
    this.#resolve(this.#results.all());
  }

  protected reject(error: unknown): void {
    this.chunks.close();
    this.#reject(error);
  }
}
