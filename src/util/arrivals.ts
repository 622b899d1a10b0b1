/** Things that arrive one by one, and are taken in their order. */
export class Arrivals<T> {
  readonly #waiting: T[] = [];
  #taker: ((arrived: T) => void) | undefined;

  push(arrived: T): void {
    const taker = this.#taker;
    this.#taker = undefined;
    if (taker === undefined) this.#waiting.push(arrived);
    else taker(arrived);
  }

  /** Resolves with the next one. Only one call may wait at a time. */
  next(): Promise<T> {
    return new Promise((resolve) => {
      const arrived = this.#waiting.shift();
      if (arrived === undefined) this.#taker = resolve;
      else resolve(arrived);
    });
  }
}
