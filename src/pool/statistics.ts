/** The distribution of times in milliseconds. */
export interface Times {
  /** The mean. */
  readonly mean: number;
  /** The median, at most 4 % off, as the other percentiles. */
  readonly p50: number;
  /** The 90th percentile. */
  readonly p90: number;
  /** The 99th percentile. */
  readonly p99: number;
  /** The largest. */
  readonly max: number;
}

// Each bucket of the histogram is this factor wider than the one before, so a percentile is at most 4 % off.
const FACTOR = 1.04;
const LEAST_MS = 1e-4;
const BUCKETS = 800;
const SCALE = 1 / Math.log(FACTOR);

/** Counts times, and tells percentiles. It uses the same memory however many times there are. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #max = 0;

  /** The sum of all times. */
  get sum(): number {
    return this.#sum;
  }

  add(ms: number, count = 1): void {
    const bucket = Math.ceil(Math.log(Math.max(ms, LEAST_MS) / LEAST_MS) * SCALE);
    const at = Math.min(BUCKETS - 1, bucket);
    this.#counts[at] = (this.#counts[at] ?? 0) + count;
    this.#count += count;
    this.#sum += ms * count;
    this.#max = Math.max(this.#max, ms);
  }

  times(): Times {
    if (this.#count === 0) return { mean: 0, p50: 0, p90: 0, p99: 0, max: 0 };
    return {
      mean: this.#sum / this.#count,
      p50: this.#percentile(0.5),
      p90: this.#percentile(0.9),
      p99: this.#percentile(0.99),
      max: this.#max,
    };
  }

  #percentile(share: number): number {
    let left = share * this.#count;
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return Math.min(this.#max, LEAST_MS * FACTOR ** bucket);
    }
    return this.#max;
  }
}
