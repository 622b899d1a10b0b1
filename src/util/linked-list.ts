/** One entry of a {@link LinkedList}; it can be removed without a search. */
export interface Entry<T> {
  readonly value: T;
  before: Entry<T> | undefined;
  after: Entry<T> | undefined;
  linked: boolean;
}

/** A doubly linked list. It adds and removes at both ends, and removes an entry from the middle, in constant time. */
export class LinkedList<T> {
  #first: Entry<T> | undefined;
  #last: Entry<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first?.value;
  }

  get firstEntry(): Entry<T> | undefined {
    return this.#first;
  }

  /** Yields the values from the front. The list must not change meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let entry = this.#first; entry !== undefined; entry = entry.after) yield entry.value;
  }

  push(value: T): Entry<T> {
    return this.#link(value, this.#last, undefined);
  }

  /** Adds the value at the end, like `push`. The returned function removes it, and returns false if it was removed before. */
  add(value: T): () => boolean {
    const entry = this.push(value);
    return () => this.remove(entry);
  }

  /** Inserts the value before the first other value for which `isAfter` is true. */
  insert(value: T, isAfter: (other: T) => boolean): Entry<T> {
    let next = this.#first;
    while (next !== undefined && !isAfter(next.value)) next = next.after;
    return this.#link(value, next === undefined ? this.#last : next.before, next);
  }

  shift(): T | undefined {
    const first = this.#first;
    if (first !== undefined) this.remove(first);
    return first?.value;
  }

  /** Removes an entry. False if it was removed before. */
  remove(entry: Entry<T>): boolean {
    if (!entry.linked) return false;
    entry.linked = false;
    if (entry.before === undefined) this.#first = entry.after;
    else entry.before.after = entry.after;
    if (entry.after === undefined) this.#last = entry.before;
    else entry.after.before = entry.before;
    this.#size--;
    return true;
  }

  /** Moves an entry behind all others. It stays the same entry. Does nothing if it was removed. */
  moveToEnd(entry: Entry<T>): void {
    if (!this.remove(entry)) return;
    entry.before = this.#last;
    entry.after = undefined;
    this.#put(entry);
  }

  /** Removes and yields all values, from the front. */
  *drain(): Generator<T> {
    for (let first = this.#first; first !== undefined; first = this.#first) {
      this.remove(first);
      yield first.value;
    }
  }

  /** Removes and yields the values that match, in order. */
  *take(matches: (value: T) => boolean): Generator<T> {
    for (let entry = this.#first; entry !== undefined; entry = entry.after)
      if (matches(entry.value) && this.remove(entry)) yield entry.value;
  }

  #link(value: T, before: Entry<T> | undefined, after: Entry<T> | undefined): Entry<T> {
    const entry: Entry<T> = { value, before, after, linked: false };
    this.#put(entry);
    return entry;
  }

  // Links an entry that knows its neighbours.
  #put(entry: Entry<T>): void {
    const { before, after } = entry;
    if (before === undefined) this.#first = entry;
    else before.after = entry;
    if (after === undefined) this.#last = entry;
    else after.before = entry;
    entry.linked = true;
    this.#size++;
  }
}
