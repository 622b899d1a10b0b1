import { basename } from "node:path";
import { setOwnName } from "../observe/own-name.ts";
import { page } from "../tree/page.ts";
import type { Boot, Job } from "./job.ts";

/** The position of this process in the tree. The main process is the root. */
export interface Position {
  readonly depth: number;
  /** The numbers, among their siblings, of its ancestors and of itself: `[1, 2]` is the second child of the first child. */
  readonly identity: readonly number[];
  readonly parentPid: number | null;
  readonly parentName: string | null;
  /** Resolves when the parent has ended. */
  readonly parentGone: Promise<void>;
}

/** The facts that children take over from their parent: the parent's name, and the default of their `daemon`. */
export interface Named {
  readonly name: string;
  readonly daemon: boolean;
}

const never = new Promise<void>(() => {});
let position: Position = { depth: 0, identity: [], parentPid: null, parentName: null, parentGone: never };
let current: Named = { name: "MainProcess", daemon: false };
let started = 0;
// The observers lie in a lower layer, so they are told how to read the name.
setOwnName(() => current.name);
let waitsForTarget = false;
let target: string | undefined;

page.tell("process", () => ({
  // A child has no name before its job has come.
  name: position.depth > 0 && position.identity.length === 0 ? undefined : current.name,
  parent: position.parentPid,
  // The main process is known by its program.
  target: target ?? (position.depth === 0 ? basename(process.argv[1] ?? "") : undefined),
  isStarting: waitsForTarget,
}));

export function currentPosition(): Position {
  return position;
}

/** Sets the part of this process's position that a child knows before its job has come. */
export function beginChild({ depth, parentPid }: Boot): void {
  position = { ...position, depth, parentPid };
  waitsForTarget = true;
}

/** Sets the rest of this process's position. A child calls it once its job has come. */
export function setPosition({ identity, parentName, target: ref }: Job, parentGone: Promise<void>): void {
  target = ref?.name;
  position = { ...position, identity, parentName, parentGone };
}

/** Records that this child calls its target now. */
export function beginTarget(): void {
  waitsForTarget = false;
  // The target may compute for a long time, and then nothing is written.
  page.write();
}

/** Calls a function that imports modules of the program, after this child has called its target. */
export async function whileImporting<T>(call: () => Promise<T>): Promise<T> {
  waitsForTarget = position.depth > 0;
  try {
    return await call();
  } finally {
    waitsForTarget = false;
  }
}

/** Whether this is a child that imports modules, and runs no target. All code that runs in it belongs to a module that it imports. */
export function isWaitingForTarget(): boolean {
  return waitsForTarget;
}

/** Returns this process's name, and whether it is a daemon. */
export function currentName(): Named {
  return current;
}

/** Sets the object from which the name is read. It is an object, because its name may change at any time. */
export function setCurrentName(now: Named): void {
  current = now;
}

/** Returns the identity of the next child, as in Python: the parent's identity and a number. */
export function nextIdentity(): readonly number[] {
  return [...position.identity, ++started];
}
