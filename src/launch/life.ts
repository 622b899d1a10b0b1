import type { Run } from "./run.ts";

/** The part of a run that says whether it is over, and how it ended. */
export type Life = Pick<Run<unknown>, "isOver" | "over" | "isOverSync" | "loss">;

const lives = new WeakMap<object, () => Life>();

/** Lets a wait for items find the present run of a process object. */
export function noteLifeOf(process: object, life: () => Life): void {
  lives.set(process, life);
}

/** Returns the present run of a process object, or `undefined` for any other object. */
export function lifeOf(process: object): Life | undefined {
  return lives.get(process)?.();
}
