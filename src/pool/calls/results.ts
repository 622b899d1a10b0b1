import { arrayFor } from "../../util/sized-array.ts";

interface Run {
  readonly first: number;
  readonly values: readonly unknown[];
}

/**
 * Results that come in any order. They are kept as they came, because an array that is not filled from its start is slow in every engine.
 */
export class Results {
  readonly #runs: Run[] = [];

  /** Adds results. `first` is the index of the first one. */
  add(first: number, values: readonly unknown[]): void {
    this.#runs.push({ first, values });
  }

  /** Returns all results in their order. */
  all(): unknown[] {
    const [only] = this.#runs;
    if (this.#runs.length === 1 && only !== undefined) return only.values as unknown[];
    const all = arrayFor<unknown>(this.#runs.reduce((sum, { values }) => sum + values.length, 0));
    let at = 0;
    for (const { values } of this.#runs.sort((a, b) => a.first - b.first)) for (let i = 0; i < values.length; i++) all[at++] = values[i];
    return all;
  }
}
