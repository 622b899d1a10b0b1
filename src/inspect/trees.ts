import type { SharedFacts } from "../backend/contract/inspect.ts";
import { ProcessError } from "../errors/errors.ts";
import type { ProcessFacts, Snapshot } from "./facts.ts";

/** Leaves out all that does not belong to the tree of one process. Throws `ProcessError` if there is no such process. */
export function treeOf(snapshot: Snapshot, pid: number | undefined): Snapshot {
  const ordered = inOrder(snapshot.processes);
  if (pid === undefined) return { ...snapshot, processes: ordered.map(({ process }) => process) };
  const root = ordered.find(({ process }) => process.pid === pid)?.root;
  if (root === undefined)
    throw new ProcessError(
      `Process ${pid} is not there, belongs to another user, or does not use polyproc: polyproc ps shows all that do.`,
    );
  const processes = ordered.filter((each) => each.root === root).map(({ process }) => process);
  const pids = new Set(processes.map((process) => process.pid));
  const isOfTree = ({ host, users }: SharedFacts): boolean => (host !== null && pids.has(host)) || users.some((user) => pids.has(user));
  return {
    ...snapshot,
    processes,
    queues: snapshot.queues.filter(isOfTree),
    locks: snapshot.locks.filter(isOfTree),
    others: snapshot.others.filter(({ users }) => users.some((user) => pids.has(user))),
    pools: snapshot.pools.filter((pool) => pids.has(pool.pid)),
    managers: snapshot.managers.filter((manager) => pids.has(manager.pid)),
    deadlocks: snapshot.deadlocks.filter(({ steps }) => steps.some((step) => pids.has(step.pid))),
  };
}

interface Placed {
  readonly process: ProcessFacts;
  readonly depth: number;
  readonly root: number;
}

/** The processes, each behind its parent, with their depth. */
export function inOrder(processes: readonly ProcessFacts[]): Placed[] {
  const children = new Map<number | null, ProcessFacts[]>();
  for (const process of [...processes].sort((a, b) => (b.age ?? 0) - (a.age ?? 0) || a.pid - b.pid)) {
    const known = children.get(process.parent);
    if (known === undefined) children.set(process.parent, [process]);
    else known.push(process);
  }
  const placed: Placed[] = [];
  const place = (process: ProcessFacts, depth: number, root: number): void => {
    placed.push({ process, depth, root });
    // What is placed is taken out, so that parents in a circle, which only a hostile process tells of, end.
    const own = children.get(process.pid) ?? [];
    children.delete(process.pid);
    for (const child of own) place(child, depth + 1, root);
  };
  for (const process of children.get(null) ?? []) place(process, 0, process.pid);
  children.delete(null);
  for (const left of [...children.values()].flat()) if (!placed.some(({ process }) => process.pid === left.pid)) place(left, 0, left.pid);
  return placed;
}
