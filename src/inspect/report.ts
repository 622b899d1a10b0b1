import type { Party, SharedKind, WaitingParty } from "../backend/contract/inspect.ts";
import { inQuotes } from "../util/shown-name.ts";
import type { Deadlock, ManagerFacts, NamedFacts, ObjectFacts, PoolFacts, ProcessFacts, Snapshot } from "./facts.ts";
import { type Column, sizeText, tableOf, timeText } from "./table.ts";
import { inOrder } from "./trees.ts";

/** How a snapshot is printed. */
export interface Layout {
  /** The characters of a line. */
  readonly width: number;
  /** The rows of each table at most. */
  readonly rows: number;
  /** The look before this one, from which the use of the CPU is counted. */
  readonly last?: Snapshot | undefined;
}

const LOCK_NAMES: Readonly<Record<SharedKind, string>> = {
  queue: "Queue",
  lock: "Lock",
  rlock: "RLock",
  semaphore: "Semaphore",
  event: "Event",
  condition: "Condition",
  barrier: "Barrier",
};
const NAMED_KINDS: Readonly<Record<NamedFacts["kind"], string>> = {
  pipe: "Pipe",
  reader: "Pipe, reads",
  writer: "Pipe, writes",
  value: "SharedValue",
  array: "SharedArray",
  memory: "SharedMemory",
};
const MOST_NAMES = 4;

/** Returns the lines of a report. */
export function reportOf(snapshot: Snapshot, layout: Layout): string[] {
  const { processes, queues, locks, others, pools, managers, deadlocks } = snapshot;
  if (processes.length === 0) return ["No process of this user uses polyproc."];
  const names = new Map(processes.map(({ pid, name }) => [pid, name ?? "?"]));
  const nameOf = (pid: number | null): string => (pid === null ? "an ended process" : `${names.get(pid) ?? "?"} (${pid})`);
  const parties = (list: readonly Pick<Party, "pid">[]): string => {
    const texts = [...new Set(list.map(({ pid }) => nameOf(pid)))];
    return texts.length > MOST_NAMES ? `${texts.slice(0, MOST_NAMES).join(", ")} and ${texts.length - MOST_NAMES} more` : texts.join(", ");
  };
  const waiting = (list: readonly WaitingParty[]): string =>
    [...new Set(list.map(({ call }) => call))].map((call) => `${call}: ${parties(list.filter((each) => each.call === call))}`).join("; ");
  return [
    ...deadlocks.flatMap((deadlock) => deadlockLines(deadlock, nameOf)),
    ...section("PROCESSES", processColumns(snapshot, layout.last), processes, layout),
    ...section("POOLS", poolColumns(nameOf), pools, layout),
    ...section("MANAGERS", managerColumns(nameOf), managers, layout),
    ...section("QUEUES", queueColumns(waiting, nameColumn(queues)), interestingFirst(queues), layout),
    ...section("LOCKS", lockColumns(parties, waiting, nameColumn(locks)), interestingFirst(locks), layout),
    ...section("OTHERS WITH A NAME", otherColumns(parties), others, layout),
  ];
}

function section<Row>(title: string, columns: readonly Column<Row>[], rows: readonly Row[], { width, rows: most }: Layout): string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, most);
  const more = rows.length > shown.length ? [`... and ${rows.length - shown.length} more`] : [];
  return [`${title} (${rows.length})`, ...tableOf(columns, shown, width), ...more, ""];
}

function interestingFirst(objects: readonly ObjectFacts[]): ObjectFacts[] {
  const weight = ({ holders, waiters, numbers }: ObjectFacts): number =>
    (holders.length > 0 && waiters.length > 0 ? 8 : 0) +
    (holders.length > 0 ? 4 : 0) +
    ((numbers.size ?? 0) > 0 ? 2 : 0) +
    (waiters.length > 0 ? 1 : 0);
  return [...objects].sort((a, b) => weight(b) - weight(a));
}

function processColumns({ processes, time }: Snapshot, last: Snapshot | undefined): Column<ProcessFacts>[] {
  const depths = new Map(inOrder(processes).map(({ process, depth }) => [process.pid, depth]));
  const before = new Map(last?.processes.map((each) => [each.pid, each]));
  const percent = ({ pid, cpu, age }: ProcessFacts): string => {
    if (cpu === null || age === null) return "-";
    const old = before.get(pid);
    const [used, over] = old?.cpu == null || last === undefined ? [cpu, age] : [cpu - old.cpu, time - last.time];
    return over <= 0 ? "-" : ((100 * Math.max(0, used)) / over).toFixed(1);
  };
  return [
    { title: "PID", cell: ({ pid }) => String(pid), isNumber: true },
    { title: "NAME", cell: ({ pid, name }) => "  ".repeat(depths.get(pid) ?? 0) + (name ?? "?") },
    { title: "RUNTIME", cell: ({ runtime }) => runtime ?? "?" },
    { title: "BACKEND", cell: ({ backends }) => backends.join("+") || "-" },
    { title: "STATE", cell: ({ state, isSilent }) => (isSilent ? "does not answer" : state) },
    { title: "AGE", cell: ({ age }) => timeText(age), isNumber: true },
    { title: "CPU%", cell: percent, isNumber: true },
    { title: "MEM", cell: ({ memory }) => sizeText(memory), isNumber: true },
    { title: "TASK", cell: taskText },
  ];
}

function taskText({ task, target, isStarting }: ProcessFacts): string {
  if (task !== null) return `${task.target ?? "?"}, task ${task.id}, for ${timeText(task.age)}`;
  return isStarting ? `${target ?? ""} (starts)`.trimStart() : (target ?? "");
}

function poolColumns(nameOf: (pid: number) => string): Column<PoolFacts>[] {
  const count = (title: string, of: (pool: PoolFacts) => number): Column<PoolFacts> => ({
    title,
    cell: (pool) => String(of(pool)),
    isNumber: true,
  });
  return [
    { title: "NAME", cell: ({ name }) => name },
    { title: "OF", cell: ({ pid }) => nameOf(pid) },
    count("WORKERS", ({ workers }) => workers),
    count("QUEUED", ({ queued }) => queued),
    count("RUNNING", ({ running }) => running),
    count("DONE", ({ done }) => done),
    count("FAILED", ({ failed }) => failed),
    count("RETRIED", ({ retried }) => retried),
    count("DIED", ({ died }) => died),
    { title: "TASKS/S", cell: ({ rate }) => rateText(rate), isNumber: true },
  ];
}

function managerColumns(nameOf: (pid: number) => string): Column<ManagerFacts>[] {
  return [
    { title: "SERVER", cell: ({ pid }) => nameOf(pid) },
    { title: "OBJECTS", cell: ({ objects }) => String(objects), isNumber: true },
    { title: "CALLS", cell: ({ calls }) => String(calls), isNumber: true },
    { title: "CALLS/S", cell: ({ rate }) => rateText(rate), isNumber: true },
  ];
}

function rateText(rate: number): string {
  return rate < 100 ? rate.toFixed(1) : String(Math.round(rate));
}

// A column that would be empty is left out.
function nameColumn(objects: readonly ObjectFacts[]): Column<ObjectFacts>[] {
  return objects.some(({ name }) => name !== null) ? [{ title: "NAME", cell: ({ name }) => name ?? "" }] : [];
}

function otherColumns(parties: (list: readonly Pick<Party, "pid">[]) => string): Column<NamedFacts>[] {
  return [
    { title: "ID", cell: ({ id }) => id },
    { title: "NAME", cell: ({ name }) => name },
    { title: "KIND", cell: ({ kind }) => NAMED_KINDS[kind] },
    { title: "BACKEND", cell: ({ backend }) => backend },
    { title: "WHO HAS IT", cell: ({ users }) => parties(users.map((pid) => ({ pid }))) },
  ];
}

function queueColumns(waiting: (list: readonly WaitingParty[]) => string, name: readonly Column<ObjectFacts>[]): Column<ObjectFacts>[] {
  const number = (title: string, field: string, none?: string): Column<ObjectFacts> => ({
    title,
    cell: ({ numbers }) => (none !== undefined && numbers[field] === 0 ? none : String(numbers[field] ?? 0)),
    isNumber: true,
  });
  return [
    { title: "ID", cell: ({ id }) => id },
    ...name,
    { title: "BACKEND", cell: ({ backend }) => backend },
    number("SIZE", "size"),
    number("MAXSIZE", "maxsize", "-"),
    number("PUTS", "puts"),
    number("GETS", "gets"),
    number("LOST", "lost"),
    { title: "USERS", cell: ({ users }) => String(users.length), isNumber: true },
    { title: "WHO WAITS", cell: ({ waiters, numbers }) => (numbers.isShutDown === 1 ? "(shut down) " : "") + waiting(waiters) },
  ];
}

function lockColumns(
  parties: (list: readonly Party[]) => string,
  waiting: (list: readonly WaitingParty[]) => string,
  name: readonly Column<ObjectFacts>[],
): Column<ObjectFacts>[] {
  return [
    { title: "ID", cell: ({ id }) => id },
    ...name,
    { title: "KIND", cell: ({ kind }) => LOCK_NAMES[kind] },
    { title: "BACKEND", cell: ({ backend }) => backend },
    { title: "VALUE", cell: valueText },
    { title: "HOLDER", cell: ({ holders }) => parties(holders) },
    { title: "WHO WAITS", cell: ({ waiters }) => waiting(waiters) },
  ];
}

function valueText({ kind, numbers }: ObjectFacts): string {
  if (kind === "semaphore") return `${numbers.value} free`;
  if (kind === "event") return numbers.isSet === 1 ? "set" : "not set";
  if (kind === "barrier") return numbers.isBroken === 1 ? "broken" : `${numbers.waiting} of ${numbers.parties}`;
  return "";
}

// These lines are not cut: each word in them counts.
function deadlockLines({ isCertain, steps }: Deadlock, nameOf: (pid: number) => string): string[] {
  const lines = steps.map(({ pid, call, isSync, object, for: waited }) => {
    const how = isSync ? `${call}Sync` : call;
    if (object === null) return `  ${nameOf(pid)} waits by ${how}() for the end of ${nameOf(waited)}`;
    return `  ${nameOf(pid)} waits by ${how}() for ${object.kind === "rlock" ? "RLock" : "Lock"} ${object.id}${inQuotes(object.name)}, which ${nameOf(waited)} holds`;
  });
  return [`${isCertain ? "certain" : "possible"} deadlock of ${steps.length}:`, ...lines, ""];
}
