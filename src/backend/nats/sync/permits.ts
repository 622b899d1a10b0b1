import { StateError } from "../../../errors/errors.ts";
import { fieldsOf } from "../../../util/checked.ts";
import type { SemaphoreSettings } from "../../contract/semaphore.ts";
import { corrupted, type Fields } from "./records.ts";
import { isSessionId } from "./session.ts";

/** The record of a semaphore. */
export interface Permits {
  /** The number of permits at first. */
  readonly first: number;
  readonly isBounded: boolean;
  readonly isRobust: boolean;
  /** The number of permits, without those that a semaphore which is not robust has given out. */
  readonly total: number;
  /** How many permits each session has, if the semaphore is robust. */
  readonly holders: Map<string, number>;
}

/** Returns the record of a new semaphore. */
export function newPermits({ value, robust }: SemaphoreSettings, isBounded: boolean): Fields {
  return { first: value, isBounded, isRobust: robust, total: value, holders: {} };
}

/** Returns the number of free permits. It is negative while this process has not heard yet that it took one. */
export function freeOf({ total, holders }: Permits): number {
  return [...holders.values()].reduce((free, count) => free - count, total);
}

/** Checks a record. */
export function checkPermits(key: string, { first, isBounded, isRobust, total, holders }: Fields): Permits {
  const counts = Object.entries(fieldsOf(holders));
  const isRight =
    isCount(first) &&
    typeof isBounded === "boolean" &&
    typeof isRobust === "boolean" &&
    isCount(total) &&
    counts.every(([id, count]) => isSessionId(id) && isCount(count));
  if (!isRight) throw corrupted(key);
  return { first, isBounded, isRobust, total, holders: new Map(counts as [string, number][]) };
}

/** Throws `StateError` if a semaphore is another one than a process wants. */
export function checkSettings({ first, isBounded, isRobust }: Permits, { value, robust }: SemaphoreSettings, bounded: boolean): void {
  if (first === value && isBounded === bounded && isRobust === robust) return;
  const what = `${isBounded ? "a BoundedSemaphore" : "a Semaphore"} with { value: ${first}, robust: ${isRobust} }`;
  throw new StateError(`This name belongs to ${what}: give the same options in every process, or take another name.`);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
