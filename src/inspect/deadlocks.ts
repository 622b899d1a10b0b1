import type { Deadlock, Step } from "./facts.ts";

/** A process waits for another one. */
export interface Edge extends Step {
  /** Whether nothing but the process for which it waits can end the wait: both are first threads, which block. */
  readonly isBound: boolean;
}

/**
 * Finds processes that wait for each other in a circle. Of circles that have processes in common, one is told: the shortest. A process that
 * waits for itself is a circle only if it blocks: otherwise another task of it may release what it has.
 */
export function findDeadlocks(edges: readonly Edge[]): Deadlock[] {
  const from = new Map<number, Edge[]>();
  for (const edge of edges) {
    if (edge.pid === edge.for && !edge.isBound) continue;
    const known = from.get(edge.pid);
    if (known === undefined) from.set(edge.pid, [edge]);
    else known.push(edge);
  }
  const told = new Set<number>();
  const found: Deadlock[] = [];
  // Circles that are certain come first, so that they are not hidden by others of the same processes.
  for (const isCertain of [true, false]) {
    for (const pid of [...from.keys()].sort((a, b) => a - b)) {
      if (told.has(pid)) continue;
      const steps = shortestCircle(pid, (at) => (from.get(at) ?? []).filter((edge) => (!isCertain || edge.isBound) && !told.has(edge.for)));
      if (steps === undefined) continue;
      for (const step of steps) told.add(step.pid);
      found.push({ isCertain, steps: steps.map(({ isBound: _, ...step }) => step) });
    }
  }
  return found;
}

// Goes from a process along all waits at once, until it is back.
function shortestCircle(start: number, edgesOf: (pid: number) => readonly Edge[]): Edge[] | undefined {
  const came = new Map<number, Edge>();
  let border = [start];
  while (border.length > 0) {
    const next: number[] = [];
    for (const at of border) {
      for (const edge of edgesOf(at)) {
        if (came.has(edge.for)) continue;
        came.set(edge.for, edge);
        if (edge.for === start) return wayBack(start, came);
        next.push(edge.for);
      }
    }
    border = next;
  }
  return undefined;
}

function wayBack(start: number, came: ReadonlyMap<number, Edge>): Edge[] {
  const steps: Edge[] = [];
  let at = start;
  do {
    const edge = came.get(at) as Edge;
    steps.unshift(edge);
    at = edge.pid;
  } while (at !== start);
  return steps;
}

/** Whether two circles have the same waits. */
export function isSame(one: Deadlock, other: Deadlock): boolean {
  return keyOf(one) === keyOf(other);
}

function keyOf({ steps }: Deadlock): string {
  return steps
    .map(({ pid, call, object, for: waited }) => [pid, call, object?.kind, object?.id, waited].join(" "))
    .sort()
    .join(", ");
}
