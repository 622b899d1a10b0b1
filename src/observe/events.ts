// What happens in this process, told in one place. Whoever wants to hear of it is an observer: the log, the diagnostics channels, the trace.

/** A message of the diagnostics channel `polyproc:process`. A parent tells of its children. */
export interface ProcessEvent {
  /** "start": the child exists, and its job is on its way. "exit": it has ended. */
  readonly event: "start" | "exit";
  /** Its name. */
  readonly name: string;
  /** Its process id. */
  readonly pid: number;
  /** The name of the function that it runs, or `null` if it runs none. */
  readonly target: string | null;
  /** Only of "exit". As `Process.exitCode`: minus a signal's number if a signal killed it. */
  readonly exitCode?: number;
  /** Only of "exit": the signal that killed it, or `null`. */
  readonly signal?: string | null;
  /** Only of "exit": the time in milliseconds since it was started. */
  readonly duration?: number;
}

/** A message of the diagnostics channel `polyproc:task`. The program that has the pool and the worker that runs the task both tell. */
export interface TaskEvent {
  /**
   * "start": a worker has the task (side "pool"), or begins it (side "worker"). "end": it gave a result. "error": it failed. "retry": its worker
   * has died, and it runs again.
   */
  readonly event: "start" | "end" | "error" | "retry";
  /** Who tells it: the program that has the pool, or the worker. */
  readonly side: "pool" | "worker";
  /** The task's number in its pool, from 1. */
  readonly id: number;
  /** The index of the element, if a map made the task. */
  readonly index?: number;
  /** 1 when the task runs for the first time. */
  readonly attempt: number;
  /** The name of its function. */
  readonly target: string;
  /** The name of the worker, which begins with that of the pool. */
  readonly worker: string;
  /** The process id of the worker, or `null` if it has none yet. */
  readonly pid: number | null;
  /** Of "end" and "error", the time in milliseconds that it ran. On the side "pool" it is the mean of the tasks whose results came together. */
  readonly duration?: number;
  /** Only of "error": what it threw, or why it has failed without that. */
  readonly error?: unknown;
}

/** A message of the diagnostics channel `polyproc:lost`. Something was lost because a process died. */
export interface LostEvent {
  /**
   * "task": a pool's task that had begun, and does not run again. "items": items of a queue that a process had taken. "host": the process that
   * hosts shared objects which this one uses.
   */
  readonly what: "task" | "items" | "host";
  /** Which one, in words. */
  readonly description: string;
  /** The number of tasks or items. */
  readonly count: number;
}

/** The importance of a line of the log. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** A line of the log, before it is written. */
export interface LogRecord {
  /** How much it matters. */
  readonly level: LogLevel;
  /** Its text, without the name of the process. */
  readonly message: string;
  /** The name of the process that writes it. */
  readonly processName: string;
  /** The process id of the process that writes it. */
  readonly pid: number;
  /** The time in milliseconds since 1970. */
  readonly time: number;
}

/** Anything else that is worth a line in the log. */
export interface Note {
  readonly level: LogLevel;
  /** Returns the line. It is called only if the line is written. */
  readonly text: () => string;
}

/** Work that this process has done, on a track of its own. Times are those of `now()`. */
export interface Slice {
  readonly name: string;
  readonly began: number;
  readonly ended: number;
  /** What else is known: numbers and words. */
  readonly args: Readonly<Record<string, number | string>>;
  /** The number of the message that brought the work, if its way is to be drawn. */
  readonly flow?: string | undefined;
  /** The number of tasks, if it is that of tasks of a pool. */
  readonly tasks?: number;
}

/** Work goes to another process. */
export interface Handing {
  readonly name: string;
  readonly worker: string;
  readonly tasks: number;
  /** The number of the message, as in {@link Slice}. */
  readonly flow: string;
}

/** The topics of events. "slice" and "hand" are for the trace. */
export interface Events {
  readonly process: ProcessEvent;
  readonly task: TaskEvent;
  readonly lost: LostEvent;
  readonly note: Note;
  readonly slice: Slice;
  readonly hand: Handing;
}

export type Topic = keyof Events;

export interface Observer {
  /** Whether it wants to hear of a topic now. It is asked often. */
  hears(topic: Topic): boolean;
  /** Called with an event of a topic that it hears. It must not throw. */
  hear<T extends Topic>(topic: T, event: Events[T]): void;
  /** Writes what it keeps. Called before what may take long, or may end this process. */
  save?(): void;
}

const observers: Observer[] = [];
let prepare: (() => void) | undefined;

export function addObserver(observer: Observer): void {
  observers.push(observer);
}

/** Sets what is to be done before the first event, and not before the program needs it. */
export function prepareBy(call: (() => void) | undefined): void {
  prepare = call;
}

/** Does what is to be done before the first event, if it has not been done. */
export function prepareOnce(): void {
  const call = prepare;
  prepare = undefined;
  call?.();
}

/** Whether anybody hears of a topic. What happens often is looked at only if so. */
export function hears(topic: Topic): boolean {
  if (prepare !== undefined) prepareOnce();
  for (const observer of observers) if (observer.hears(topic)) return true;
  return false;
}

/** Tells all observers. */
export function emit<T extends Topic>(topic: T, event: Events[T]): void {
  if (prepare !== undefined) prepareOnce();
  for (const observer of observers) if (observer.hears(topic)) observer.hear(topic, event);
}

/** Lets all observers write what they keep, before what may take long, or may end this process. */
export function save(): void {
  for (const observer of observers) observer.save?.();
}

/** Writes a line to the log, if the log is on for that level. */
export function note(level: LogLevel, text: () => string): void {
  emit("note", { level, text });
}
