/** A promise that is made when it is first needed, and made again after it has failed. */
export class Lazy<T> {
  readonly #make: () => Promise<T>;
  #made: Promise<T> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  get(): Promise<T> {
    if (this.#made === undefined) {
      const made = this.#make();
      made.catch(() => {
        this.#made = undefined;
      });
      this.#made = made;
    }
    return this.#made;
  }
}
