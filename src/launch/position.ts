import type { Boot, Job } from "./job.ts";

/** What this process knows of its place in the tree; the main process is the root. */
interface Place {
  readonly depth: number;
  readonly identity: readonly number[];
  readonly parentPid: number | null;
  readonly parentName: string | null;
  /** Resolves when the parent has ended. */
  readonly parentGone: Promise<void>;
}

const never = new Promise<void>(() => {});
let place: Place = { depth: 0, identity: [], parentPid: null, parentName: null, parentGone: never };
let started = 0;
let importing = false;

export function currentPlace(): Place {
  return place;
}

/** In a child: its job has come. */
export function takePlace(boot: Boot, job: Job, parentGone: Promise<void>): void {
  place = { depth: boot.depth, identity: job.identity, parentPid: boot.parentPid, parentName: job.parentName, parentGone };
}

/** The identity of the next child of this process, as in Python: the parent's, and a number. */
export function nextIdentity(): readonly number[] {
  return [...place.identity, ++started];
}

/** While a child imports its target, starting processes is refused. */
export function setImporting(now: boolean): void {
  importing = now;
}

export function isImporting(): boolean {
  return importing;
}
