import { emit, hears, note, type TaskEvent } from "../observe/events.ts";
import { labelOf } from "../target/target.ts";
import type { CrewMember } from "./crew-member.ts";
import type { TaskWork } from "./task-work.ts";

/** Only work that takes so many milliseconds has an arrow in the trace, from the pool to the worker. */
export const FLOW_MS = 0.2;

/** Returns the number by which the trace knows a message of a pool, in the pool's process and in the worker. */
export function flowOf(poolPid: number | null, worker: string, seq: number): string {
  return `${poolPid} ${worker} ${seq}`;
}

/** Returns the name of the function that tasks call. */
function targetOf({ call }: TaskWork): string {
  const { ref } = call.target;
  return ref === undefined ? "" : labelOf(ref);
}

/** Tells what has become of a task, on the side of its pool. */
export function tellTask(
  event: TaskEvent["event"],
  member: CrewMember,
  work: TaskWork,
  index: number,
  more: Partial<TaskEvent> = {},
): void {
  const { task, attempt, isIndexed, first } = work;
  const indexed = isIndexed ? { index: first + index } : {};
  const worker = { worker: member.name, pid: member.link?.pid ?? null };
  emit("task", { event, side: "pool", id: task + index, ...indexed, attempt, target: targetOf(work), ...worker, ...more });
}

/** Tells that a worker has got work, whose first task has the number `seq` in the worker. */
export function tellHanded(member: CrewMember, work: TaskWork, seq: number): void {
  const { size, time } = work;
  if (hears("task")) for (let i = 0; i < size; i++) tellTask("start", member, work, i);
  if ((time === undefined || time >= FLOW_MS) && hears("hand"))
    emit("hand", { name: targetOf(work), worker: member.name, tasks: size, flow: flowOf(process.pid, member.name, seq) });
}

/** Tells that tasks gave results. `index` is that of the first one in its work, and `duration` the time that each took. */
export function tellDone(member: CrewMember, work: TaskWork, index: number, count: number, duration: number): void {
  if (hears("task")) for (let i = index; i < index + count; i++) tellTask("end", member, work, i, { duration });
}

/** Tells that a task runs again, because its worker has died. */
export function tellRetry(member: CrewMember, work: TaskWork, index: number): void {
  tellTask("retry", member, work, index);
  note("info", () => `runs task ${work.task + index} (${targetOf(work)}) again, because ${member.name} died while it ran it`);
}

/** Tells that a task is lost with its worker. */
export function tellLost(member: CrewMember, work: TaskWork, index: number, error: Error): void {
  tellTask("error", member, work, index, { error });
  emit("lost", { what: "task", description: `task ${work.task + index} (${targetOf(work)}): ${error.message}`, count: 1 });
}
