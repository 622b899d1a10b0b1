import type { Ref } from "../backend/contract/backend.ts";
import type { Checked } from "../backend/native/library/library.ts";
import type { TargetRef } from "../target/target.ts";
import type { Family } from "../tree/tree.ts";

/** A child of a child of a child: deeper than this is taken for a mistake. */
export const MAX_DEPTH = 64;

/** The first frame on a child's stdin: its place in the tree. */
export interface Boot {
  readonly version: string;
  readonly family: Family;
  /** What the child's watcher removes when the parent dies. */
  readonly orphaned: readonly string[];
  /** Whether its stdin is a socket, to be taken over through the native library: this one. */
  readonly library: Checked | undefined;
  /** Whether the child lives on when its parent dies. */
  readonly detached: boolean;
  readonly depth: number;
  readonly parentPid: number;
  /** Modules to import ahead of the job. */
  readonly preload: readonly string[];
  /** Whether the job comes later, through the watcher. */
  readonly spare: boolean;
}

/** The second frame: what the child is to do. Its message is a {@link Cargo}. */
export interface Job {
  readonly name: string;
  readonly identity: readonly number[];
  readonly daemon: boolean;
  readonly parentName: string;
  readonly startMethod: string;
  /** Where to report, if not on its channel. */
  readonly door: Ref | undefined;
  readonly target: TargetRef | null;
  /** Whether the target is a subclass of Process whose `run` is to be called. */
  readonly subclass: boolean;
}

/** What travels to the child with its job. */
export interface Cargo {
  readonly args: readonly unknown[];
  readonly kwargs: object | undefined;
  /** A subclass' own fields. */
  readonly self: object | undefined;
}

/** What a child reports with "result" and "error". */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: unknown;
  readonly runtime: string;
}
