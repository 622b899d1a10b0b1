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
    const all: unknown[] = [];
    for (const { values } of this.#runs.sort((a, b) => a.first - b.first)) for (const value of values) all.push(value);
    return all;
  }
}
