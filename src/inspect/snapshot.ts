import { backendProviders } from "../backend/registry.ts";
import { type Usage, usageOf } from "../runtime/processes.ts";
import { fieldsOf, listOf, numberOf, pidOf, textOf } from "../util/checked.ts";
import { date, sleep } from "../util/clock.ts";
import { VERSION } from "../util/version.ts";
import { type Edge, findDeadlocks, isSame } from "./deadlocks.ts";
import { type ManagerFacts, type ObjectFacts, type PoolFacts, type ProcessFacts, SCHEMA, type Snapshot, type TaskFacts } from "./facts.ts";
import { type FoundProcess, findProcesses } from "./find.ts";
import { Names } from "./names.ts";
import { treeOf } from "./trees.ts";

/** More parts of a page are not read. */
const MOST = 10_000;
/** A circle of waits counts if it is still there after this number of milliseconds. */
const AGAIN_MS = 50;

/**
 * Looks at this user's process trees. It takes no lock, and changes nothing.
 *
 * @param pid shows only the tree of this process
 * @param last the look before this one, from which rates are counted
 */
export async function look(pid?: number, last?: Snapshot): Promise<Snapshot> {
  const first = await lookOnce(last);
  const second = first.deadlocks.length > 0 ? await sleep(AGAIN_MS).then(() => lookOnce(last)) : first;
  // Processes change while they are looked at. So what seems to be a circle may be two moments.
  const deadlocks = second.deadlocks.filter((each) => first.deadlocks.some((other) => isSame(each, other)));
  return treeOf({ ...second, deadlocks }, pid);
}

async function lookOnce(last: Snapshot | undefined): Promise<Snapshot> {
  const time = date();
  const found = findProcesses();
  const inspected = await Promise.all([...backendProviders()].flatMap((provider) => provider.inspect?.(found) ?? []));
  const names = new Names(found);
  const objects = inspected.flatMap((each) => each.objects.map((object) => names.of(object)));
  const silent = new Set(inspected.flatMap((each) => each.silent));
  const usage = usageOf(found.map(({ pid }) => pid));
  const pools = found.flatMap((process) => poolsOf(process, time, last));
  const tasks = new Map(found.flatMap((process) => tasksOf(process, time)));
  const pids = new Set(usage.size > 0 ? usage.keys() : found.map(({ pid }) => pid));
  const processes = found
    .filter(({ pid }) => pids.has(pid))
    .map((process) => factsOf(process, usage.get(process.pid), pids, tasks.get(process.pid), silent.has(process.pid)));
  return {
    schema: SCHEMA,
    polyproc: VERSION,
    time,
    processes,
    queues: objects.filter(({ kind }) => kind === "queue"),
    locks: objects.filter(({ kind }) => kind !== "queue"),
    others: names.others(),
    pools,
    managers: found.flatMap((process) => managersOf(process, time, last)),
    deadlocks: findDeadlocks([...waitsForHolders(objects), ...found.flatMap(waitsForChildren)]),
  };
}

function factsOf(
  { pid, pages: [page = {}] }: FoundProcess,
  usage: Usage | undefined,
  pids: ReadonlySet<number>,
  task: TaskFacts | undefined,
  isSilent: boolean,
): ProcessFacts {
  const told = fieldsOf(page.process);
  const parent = pidOf(told.parent) ?? usage?.parent ?? null;
  return {
    pid,
    parent: parent !== null && pids.has(parent) ? parent : null,
    name: textOf(told.name),
    runtime: textOf(page.runtime),
    backends: listOf(page.backends, 8).flatMap((each) => textOf(each) ?? []),
    state: usage?.state ?? "unknown",
    isStarting: told.isStarting === true,
    age: usage?.age ?? null,
    cpu: usage?.cpu ?? null,
    memory: usage?.memory ?? null,
    target: textOf(told.target),
    task: task ?? null,
    isSilent,
  };
}

function poolsOf({ pid, pages }: FoundProcess, time: number, last: Snapshot | undefined): PoolFacts[] {
  return pages.flatMap((page) =>
    listOf(page.pools, MOST).map((each): PoolFacts => {
      const pool = fieldsOf(each);
      const [done, failed, name] = [numberOf(pool.done), numberOf(pool.failed), textOf(pool.name) ?? "?"];
      const before = last?.pools.find((other) => other.pid === pid && other.name === name);
      const settled = done + failed - (before === undefined ? 0 : before.done + before.failed);
      const since = before === undefined ? numberOf(pool.since) : (last?.time ?? 0);
      return {
        pid,
        name,
        workers: numberOf(pool.workers),
        queued: numberOf(pool.queued),
        running: numberOf(pool.running),
        done,
        failed,
        retried: numberOf(pool.retried),
        died: numberOf(pool.died),
        rate: time > since ? (Math.max(0, settled) * 1000) / (time - since) : 0,
      };
    }),
  );
}

function managersOf({ pid, pages }: FoundProcess, time: number, last: Snapshot | undefined): ManagerFacts[] {
  return pages.flatMap((page): ManagerFacts[] => {
    if (page.manager === undefined) return [];
    const { objects, calls } = fieldsOf(page.manager);
    const before = last?.managers.find((other) => other.pid === pid);
    const since = before === undefined ? numberOf(page.since) : (last?.time ?? 0);
    const more = Math.max(0, numberOf(calls) - (before?.calls ?? 0));
    return [{ pid, objects: numberOf(objects), calls: numberOf(calls), rate: time > since ? (more * 1000) / (time - since) : 0 }];
  });
}

// The parent tells what its workers run, because they can't while they compute.
function tasksOf({ pages }: FoundProcess, time: number): [pid: number, task: TaskFacts][] {
  return pages.flatMap((page) =>
    listOf(page.pools, MOST).flatMap((pool) =>
      listOf(fieldsOf(pool).tasks, MOST).flatMap((each): [number, TaskFacts][] => {
        const task = fieldsOf(each);
        const pid = pidOf(task.pid);
        const age = Math.max(0, time - numberOf(task.since));
        return pid === null ? [] : [[pid, { id: numberOf(task.task), target: textOf(task.target), age }]];
      }),
    ),
  );
}

function waitsForHolders(objects: readonly ObjectFacts[]): Edge[] {
  return objects.flatMap(({ kind, id, name, holders, waiters }) => {
    if (kind !== "lock" && kind !== "rlock") return [];
    return waiters.flatMap(({ pid, call, isSync, isMainThread }) =>
      holders.flatMap((holder): Edge[] => {
        if (pid === null || holder.pid === null) return [];
        const isBound = isSync && isMainThread === true && holder.isMainThread === true;
        return [{ pid, call, isSync, object: { kind, id, name }, for: holder.pid, isBound }];
      }),
    );
  });
}

function waitsForChildren({ pid, pages }: FoundProcess): Edge[] {
  return pages.flatMap((page) =>
    listOf(page.waits, MOST).flatMap((each): Edge[] => {
      const wait = fieldsOf(each);
      const child = pidOf(wait.pid);
      const call = wait.call === "join" ? "join" : "result";
      const isSync = wait.isSync === true;
      // With several pages it is not known which thread this is.
      return child === null ? [] : [{ pid, call, isSync, object: null, for: child, isBound: isSync && pages.length === 1 }];
    }),
  );
}
