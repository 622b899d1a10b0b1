/** An engine may keep a longer array as a table if it is made with its length. */
const MOST: number = 2 ** 24;

/** Returns an array that is to be filled from its start with so many values. It need not grow then, which takes most of the time. */
export function arrayFor<T>(length: number): T[] {
  return length > MOST ? [] : new Array<T>(length);
}
