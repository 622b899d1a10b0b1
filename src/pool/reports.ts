import type { CrewMember } from "./crew-member.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Receiver } from "./receiver.ts";
import type { Times } from "./statistics.ts";
import type { TaskWork } from "./task-work.ts";

/** The counts of a pool since it was made, and its times in milliseconds. */
export interface PoolStats {
  /** The number of tasks that wait now. */
  readonly queued: number;
  /** The number of tasks that workers have now. */
  readonly running: number;
  /** The number of tasks that gave a result. */
  readonly done: number;
  /** The number of tasks that failed, also because their worker died. */
  readonly failed: number;
  /** The number of tasks that were given up after they had begun. */
  readonly cancelled: number;
  /** The number of times that a task was run again, because its worker had died. */
  readonly retried: number;
  /** The number of workers that were started. */
  readonly started: number;
  /** The number of workers that ended by themselves or by a signal of others. */
  readonly died: number;
  /** The number of workers that were replaced because of their tasks or their memory. */
  readonly recycled: number;
  /** The times from the call until a worker got the task. */
  readonly waitTime: Times;
  /** The times that tasks ran. */
  readonly runTime: Times;
  /** The share of the time, from 0 to 1, that the workers of this moment ran tasks. */
  readonly utilisation: number;
}

/** A worker of a pool. */
export interface WorkerInfo {
  /** The process id, or `null` before it has started. */
  readonly pid: number | null;
  /** The name: that of the pool with a number. */
  readonly name: string;
  /** What it does now: it starts, waits for a task, runs one, or takes no more. */
  readonly state: "starting" | "idle" | "busy" | "ending";
  /** The number of tasks that have settled in it. */
  readonly done: number;
  /** Its resident memory in bytes when it told it last; 0 before that. */
  readonly memory: number;
  /** The number of the task that it runs, or `null`. */
  readonly task: number | null;
}

/** A pool, as these reports need it. */
export interface Reported {
  readonly dispatcher: Dispatcher<TaskWork>;
  readonly receiver: Receiver;
  readonly crew: Iterable<CrewMember>;
}

export function statsOf({ dispatcher, receiver, crew }: Reported): PoolStats {
  const members = [...crew];
  const { done, failed, cancelled, retried, started, died, recycled, waitTimes, runTimes } = receiver;
  const lived = members.reduce((sum, member) => sum + member.age, 0);
  const busy = members.reduce((sum, member) => sum + member.busy, 0);
  return {
    queued: dispatcher.waiting,
    running: members.reduce((sum, { worker }) => sum + (dispatcher.post(worker)?.size ?? 0), 0),
    done,
    failed,
    cancelled,
    retried,
    started,
    died,
    recycled,
    waitTime: waitTimes.times(),
    runTime: runTimes.times(),
    utilisation: lived === 0 ? 0 : Math.min(1, busy / lived),
  };
}

export function workersOf({ dispatcher, crew }: Reported): WorkerInfo[] {
  return [...crew].map((member) => {
    const post = dispatcher.post(member.worker);
    const first = post?.at(post.first);
    const state = member.isEnding ? "ending" : !member.isReady ? "starting" : first === undefined ? "idle" : "busy";
    return {
      pid: member.link?.pid ?? null,
      name: member.name,
      state,
      done: member.done,
      memory: member.memory,
      task: first === undefined ? null : first.work.task + first.index,
    };
  });
}
