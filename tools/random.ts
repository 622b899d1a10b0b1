// Random numbers that follow from a seed, so that a failure can be repeated.
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { skipN } from "pure-rand/utils/skipN";

/** The first numbers of neighbouring seeds resemble each other; after so many the seeds have spread over the whole state. */
const WARM_UP = 32;

/** A generator of random numbers. The same seed and stream give the same numbers. */
export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  /** @param stream numbers that are independent of those of the same seed's other streams */
  constructor(seed: number, stream: number = 0) {
    this.#generator = xoroshiro128plus(seed ^ Math.imul(stream, 0x9e3779b1));
    skipN(this.#generator, WARM_UP);
  }

  /** A number from 0 up to, but not including, 1. */
  fraction(): number {
    return uniformFloat64(this.#generator);
  }

  /** A whole number from 0 to `below` - 1. */
  int(below: number): number {
    return uniformInt(this.#generator, 0, below - 1);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.int(times) === 0;
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(256));
  }
}
