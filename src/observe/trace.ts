import { resolve } from "node:path";
import { runtime } from "../runtime/current.ts";
import { now, timeOrigin } from "../util/clock.ts";
import { after } from "../util/deadline.ts";
import {
  addObserver,
  type Events,
  type Handing,
  type LostEvent,
  type Observer,
  type ProcessEvent,
  type Slice,
  type Topic,
} from "./events.ts";
import { ownName } from "./own-name.ts";
import { writeStderr } from "./stderr.ts";
import { TraceFile } from "./trace-file.ts";

/** The trace of a tree of processes. */
export interface TraceSettings {
  /** The absolute path of its file. */
  readonly path: string;
  /** Its moment 0, in milliseconds since 1970. */
  readonly origin: number;
}

/** Lines of the trace wait so many milliseconds at most for others to go with. */
const MOST_WAIT = 50;
/** The tracks of a process: its life, and its work. */
const LIFE = 1;
const WORK = 2;
/** The length in milliseconds of a slice for something that takes no time. */
const SHORTEST = 0.001;

/** Quick tasks with the same target become one slice, of up to so many milliseconds: a line for each would take longer than the tasks. */
const MOST_JOINED = 1;
/** Slices with a longer pause between them stay apart. */
const MOST_PAUSE = 0.1;

let settings: (TraceSettings & { readonly isNew: boolean }) | undefined;
let file: TraceFile | undefined;
// When lines left the last time.
let left = Number.NEGATIVE_INFINITY;
// The last slice of tasks, which the next one may join.
let last: (Slice & { ended: number; tasks: number }) | undefined;
// What is to be added to a time of `now()`.
let offset = 0;
// The JSON texts of names, because a worker writes the same few names again and again.
const names = new Map<string, string>();
const MOST_NAMES = 1000;

/** Begins a trace in a new file. */
export function beginTrace(path: string): void {
  try {
    settings = { path: resolve(path), origin: timeOrigin(), isNew: true };
  } catch (error) {
    // The working folder does not exist any more.
    giveUp(error);
  }
}

/** Goes on with the trace of the parent, or with none. */
export function joinTrace(trace: TraceSettings | undefined): void {
  settings = trace && { ...trace, isNew: false };
  if (trace !== undefined) offset = timeOrigin() - trace.origin;
}

/** Returns the trace that a child is to go on with. */
export function traceOfChild(): TraceSettings | undefined {
  // The file must be there before the child appends to it.
  if (settings !== undefined) opened();
  return settings && { path: settings.path, origin: settings.origin };
}

/** Returns the file. It is opened for the first line. */
function opened(): TraceFile | undefined {
  if (file !== undefined || settings === undefined) return file;
  const { path, isNew } = settings;
  try {
    file = new TraceFile(path, isNew);
  } catch (error) {
    giveUp(error);
    return undefined;
  }
  runtime.onExit(() => {
    if (isNew) life(process.pid, ownName(), 0, {});
    flush();
  });
  // A child was named by its parent.
  if (isNew) nameProcess(process.pid, ownName());
  return file;
}

// Without a file to write to, the program goes on without a trace.
function giveUp(error: unknown): void {
  writeStderr(`POLYPROC_TRACE: the trace ends here, because its file can't be written: ${(error as Error).message}\n`);
  settings = undefined;
  file = undefined;
}

function guarded(use: (file: TraceFile) => void): void {
  const target = opened();
  if (target === undefined) return;
  try {
    use(target);
  } catch (error) {
    giveUp(error);
  }
}

function add(json: string): void {
  guarded((target) => {
    const isFirst = !isWaiting();
    target.add(json);
    if (isFirst) leaveSoon();
  });
}

function isWaiting(): boolean {
  return last !== undefined || file?.isWaiting === true;
}

// What comes after a pause leaves at once, so that it is there if this process is killed.
function leaveSoon(): void {
  if (now() - left > MOST_WAIT) flush();
  else after(MOST_WAIT, flush);
}

function flush(): void {
  left = now();
  addLast();
  guarded((target) => target.flush());
}

function text(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const json = JSON.stringify(name);
  if (names.size < MOST_NAMES) names.set(name, json);
  return json;
}

/** Returns the microsecond of the trace for a time of `now()`. */
function micros(time: number): number {
  return Math.floor((time + offset) * 1000);
}

function nameProcess(pid: number, name: string): void {
  add(`{"ph":"M","name":"process_name","pid":${pid},"tid":${LIFE},"args":{"name":${text(name)}}}`);
  for (const [track, title] of [
    [LIFE, "process"],
    [WORK, "work"],
  ])
    add(`{"ph":"M","name":"thread_name","pid":${pid},"tid":${track},"args":{"name":"${title}"}}`);
}

function slice(cat: string, name: string, pid: number, track: number, began: number, ended: number, args: object): void {
  const ts = micros(began);
  const dur = Math.max(0, micros(ended) - ts);
  add(`{"ph":"X","cat":"${cat}","name":${text(name)},"pid":${pid},"tid":${track},"ts":${ts},"dur":${dur},"args":${JSON.stringify(args)}}`);
}

function life(pid: number, name: string, began: number, args: object): void {
  slice("process", name, pid, LIFE, began, now(), args);
}

// The arrow from the slice around `time` in one process to the next slice in another one.
function flow(phase: "s" | "f", id: string, time: number): void {
  const bind = phase === "f" ? `,"bp":"e"` : "";
  add(`{"ph":"${phase}","cat":"hand","name":"hand","id":${text(id)},"pid":${process.pid},"tid":${WORK},"ts":${micros(time)}${bind}}`);
}

function hearProcess({ event, name, pid, target, exitCode, signal, duration = 0 }: ProcessEvent): void {
  if (event === "start") return nameProcess(pid, name);
  life(pid, name, now() - duration, { target, exitCode, signal });
  if (typeof signal !== "string") return;
  flush();
  guarded((target) => target.mend());
}

function hearLoss({ what, description }: LostEvent): void {
  const name = text(`lost: ${what}`);
  const args = JSON.stringify({ description });
  add(`{"ph":"i","s":"p","cat":"lost","name":${name},"pid":${process.pid},"tid":${WORK},"ts":${micros(now())},"args":${args}}`);
}

function hearSlice(heard: Slice): void {
  const { tasks, flow: id } = heard;
  if (tasks === undefined || id !== undefined) return addSlice(heard);
  if (last !== undefined && joins(last, heard)) {
    last.ended = heard.ended;
    last.tasks += tasks;
    return;
  }
  const isFirst = !isWaiting();
  addLast();
  last = { ...heard, tasks };
  if (isFirst) leaveSoon();
}

/** Whether a slice is one of quick tasks like those right before it. */
function joins(before: Slice, next: Slice): boolean {
  const isSame = before.name === next.name && before.args.attempt === next.args.attempt;
  return isSame && next.ended - before.began <= MOST_JOINED && next.began - before.ended <= MOST_PAUSE;
}

function addLast(): void {
  const slice = last;
  last = undefined;
  if (slice !== undefined) addSlice(slice);
}

function addSlice({ name, began, ended, args, tasks = 1, flow: id }: Slice): void {
  slice("task", name, process.pid, WORK, began, ended, tasks > 1 ? { ...args, tasks } : args);
  if (id !== undefined) flow("f", id, began);
}

function hearHanding({ name, worker, tasks, flow: id }: Handing): void {
  const time = now();
  // An arrow begins at a slice, and one without a length is not drawn.
  slice("hand", `hand ${name}`, process.pid, WORK, time, time + SHORTEST, { worker, tasks });
  flow("s", id, time);
}

const HEARD: ReadonlySet<Topic> = new Set(["process", "lost", "slice", "hand"]);

/** Writes what happens in the tree into one file, in the format of Chrome's trace events. */
const trace: Observer = {
  hears: (topic: Topic) => settings !== undefined && HEARD.has(topic),
  save(): void {
    if (isWaiting()) flush();
  },
  hear<T extends Topic>(topic: T, event: Events[T]): void {
    if (topic === "process") hearProcess(event as ProcessEvent);
    else if (topic === "lost") hearLoss(event as LostEvent);
    else if (topic === "slice") hearSlice(event as Slice);
    else if (topic === "hand") hearHanding(event as Handing);
  },
};

addObserver(trace);
