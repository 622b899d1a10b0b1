import { Refusal } from "./refusal.ts";
import { MAX_HOLES } from "./tags.ts";

export function tooManyHoles(): Refusal {
  return new Refusal(`its arrays have more than ${MAX_HOLES} holes`);
}

/** Returns the index after the run of holes that begins at `start`. */
export function endOfHoles(array: readonly unknown[], start: number, length: number): number {
  let end = start + 1;
  while (end < length && !(end in array)) {
    end++;
    if (end - start > MAX_HOLES) throw tooManyHoles();
  }
  return end;
}
