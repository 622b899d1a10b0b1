import type { Boot, Job } from "./job.ts";

/** Where this process is in the tree; the main process is the root. */
export interface Position {
  readonly depth: number;
  /** The numbers of its ancestors among their siblings, and its own: `[1, 2]` is the second child of the first child. */
  readonly identity: readonly number[];
  readonly parentPid: number | null;
  readonly parentName: string | null;
  /** Resolves when the parent has ended. */
  readonly parentGone: Promise<void>;
}

/** What children take over from the process that makes them: its name as their parent's, and whether they are daemons. */
export interface Named {
  readonly name: string;
  readonly daemon: boolean;
}

const never = new Promise<void>(() => {});
let position: Position = { depth: 0, identity: [], parentPid: null, parentName: null, parentGone: never };
let current: Named = { name: "MainProcess", daemon: false };
let started = 0;
let importing = false;

export function currentPosition(): Position {
  return position;
}

/** In a child, once its job has come. */
export function setPosition(boot: Boot, job: Job, parentGone: Promise<void>): void {
  position = { depth: boot.depth, identity: job.identity, parentPid: boot.parentPid, parentName: job.parentName, parentGone };
}

/** This process's name, and whether it is a daemon. */
export function currentName(): Named {
  return current;
}

/** Takes the object of this process, whose name may change at any time. */
export function setCurrentName(now: Named): void {
  current = now;
}

/** The identity of the next child of this process, as in Python: the parent's, and a number. */
export function nextIdentity(): readonly number[] {
  return [...position.identity, ++started];
}

/** Notes whether a child imports its target at this moment: meanwhile it may start no process. */
export function setImporting(now: boolean): void {
  importing = now;
}

export function isImporting(): boolean {
  return importing;
}
