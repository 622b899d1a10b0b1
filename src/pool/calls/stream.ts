/** Values that come one by one, and are read by one consumer. */
export class Stream<T> {
  readonly #values: T[] = [];
  #read = 0;
  #error: { readonly error: unknown } | undefined;
  #isEnded = false;
  #wake = (): void => {};

  push(value: T): void {
    this.#values.push(value);
    this.#wake();
  }

  /** No more values come. The consumer still gets those that it has not read. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** Like `end`, but after the last value the consumer gets an error. */
  fail(error: unknown): void {
    this.#error ??= { error };
    this.end();
  }

  /** Reads the next value. `undefined` at the end. */
  async next(): Promise<{ readonly value: T } | undefined> {
    while (this.#read === this.#values.length && !this.#isEnded)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#read < this.#values.length) {
      const value = this.#values[this.#read++] as T;
      // What was read is forgotten also while the consumer stays behind. Half at a time, because each cut moves the rest.
      if (2 * this.#read >= this.#values.length) this.#read -= this.#values.splice(0, this.#read).length;
      return { value };
    }
    if (this.#error === undefined) return undefined;
    const { error } = this.#error;
    this.#error = undefined;
    throw error;
  }
}
