import { Refusal } from "./refusal.ts";
import { MAX_HOLES } from "./tags.ts";

export function tooManyHoles(): Refusal {
  return new Refusal(`its arrays have more than ${MAX_HOLES} holes`);
}

/** Returns the index after the run of holes that begins at `start`. */
export function endOfHoles(array: readonly unknown[], start: number): number {
  let end = start + 1;
  while (end < array.length && !(end in array)) {
    end++;
    if (end - start > MAX_HOLES) throw tooManyHoles();
  }
  return end;
}

/** Returns the number of entries of an array in the encoded form, where a run of holes is one entry. */
export function countEntries(array: readonly unknown[]): number {
  let entries = 0;
  for (let i = 0; i < array.length; entries++) i = array[i] !== undefined || i in array ? i + 1 : endOfHoles(array, i);
  return entries;
}
