import type { Tail } from "../codec/encode.ts";
import type { Writer } from "../codec/writer.ts";
import { CorruptedError } from "../errors/errors.ts";

/** What an entry says. The first group goes to a worker, the second one comes from it. */
export const Kind = {
  /** The value is a target: its module and export. `target` is the number that tasks name it by. */
  target: 1,
  /** The value is an object with named arguments. `kwargs` is the number that tasks name it by. */
  kwargs: 2,
  /** The kwargs with this number are not needed any more. */
  forget: 3,
  /** A task. The value is the array of its arguments. */
  apply: 4,
  /** Tasks. The value is an array with the only argument of each. */
  map: 5,
  /** Tasks. The value is an array with the array of arguments of each. */
  starmap: 6,
  /** A task whose target is a generator. The value is `{ args, lookAhead }`. */
  iterate: 7,
  /** The task is given up. The value is the reason. */
  abort: 8,
  /** The first `number` reports of the task have been accepted. */
  accepted: 9,
  /** `number` more values of the task's generator are wanted. */
  more: 10,
  /** The worker is to end. */
  end: 11,
  /** The worker is to call the target before it can take tasks. The value is the array of its arguments. */
  initialize: 12,

  /** The worker can take tasks. */
  ready: 20,
  /** The value is the array of the values that the tasks gave. `number` is the time in milliseconds that they took. */
  results: 21,
  /** The value is `{ error }`: what the task threw. */
  error: 22,
  /** The tasks were taken back, and have not begun. */
  skipped: 23,
  /** The task begins. Only tasks with a limit of time say so. */
  begun: 24,
  /** The value is a report of the task. */
  report: 25,
  /** The value is one of the task's generator. */
  item: 26,
  /** `number` is the worker's resident memory in bytes. */
  memory: 27,
  /** The worker has opened the arguments of the task. Only tasks with objects to transfer say so. */
  opened: 29,
  /** The worker can take no more tasks after the one that it runs, because its host is to end. The agent of the host adds this entry. */
  leaving: 30,
  /** The worker is dead. The parent itself adds this entry behind the worker's last one. */
  dead: 28,
} as const;

/** What a worker says of a task, if it is asked to. The bits may be combined. */
export const Notice = { begun: 1, opened: 2 } as const;

/** The numbers that go with a value. Those that a kind does not need are 0. */
export interface Header {
  readonly kind: number;
  /** The worker that sends the entry. */
  readonly worker: number;
  /** The number of the first task in its worker, and the number of tasks. */
  readonly seq: number;
  readonly count: number;
  /** The number of tasks whose results leave together. */
  readonly chunk: number;
  readonly target: number;
  readonly kwargs: number;
  /** 1 when a task runs for the first time. */
  readonly attempt: number;
  /** What the worker is to say of the task: see {@link Notice}. */
  readonly notices: number;
  /** The number of the first task in its pool. */
  readonly task: number;
  /** The index of the first task in its map, or -1. Other kinds say what it means. */
  readonly number: number;
}

/** A message of a pool: a value with its header. */
export interface Entry extends Header {
  /** The encoded value. */
  readonly value: Uint8Array;
}

// The header follows the value, so that both are written into one buffer, and a large value is not copied again. It begins with the kind, and
// ends with the length of the entry. So entries that lie one behind the other are read from the end.
const SEQ = 5;
const ATTEMPT = 25;
const LENGTH = 49;
const HEADER = 53;

/** Returns the function that writes the header behind a value. Numbers that are left out are 0. */
export function headerOf(fields: Partial<Header>): Tail {
  return (out: Writer) => {
    out.byte(fields.kind ?? 0);
    out.int32(fields.worker ?? 0);
    out.int32(fields.seq ?? 0);
    out.int32(fields.count ?? 0);
    out.int32(fields.chunk ?? 0);
    out.int32(fields.target ?? 0);
    out.int32(fields.kwargs ?? 0);
    out.int32(fields.attempt ?? 0);
    out.int32(fields.notices ?? 0);
    out.float64(fields.task ?? 0);
    out.float64(fields.number ?? 0);
    out.int32(out.length + 4);
  };
}

/** Writes the number of its first task, and its attempt, into an entry that is kept. */
export function number(entry: Uint8Array, seq: number, attempt: number): void {
  const header = entry.length - HEADER;
  writeInt32(entry, header + SEQ, seq);
  writeInt32(entry, header + ATTEMPT, attempt);
}

/** Returns the entries of an item. Throws `CorruptedError` for bytes that are none. */
export function entriesIn(item: Uint8Array): Entry[] {
  const entries: Entry[] = [];
  const view = new DataView(item.buffer, item.byteOffset, item.length);
  for (let end = item.length; end > 0; ) {
    const length = end < HEADER ? 0 : view.getInt32(end - HEADER + LENGTH);
    if (length <= HEADER || length > end)
      throw new CorruptedError("A pool got a message that is not valid: its sender runs another version of polyproc, or is corrupted.");
    entries.push(entryAt(item, view, end - length, end - HEADER));
    end -= length;
  }
  return entries.length > 1 ? entries.reverse() : entries;
}

/** Returns the bytes of an entry that was read, its header included. */
export function wholeEntry({ value }: Entry): Uint8Array {
  return new Uint8Array(value.buffer, value.byteOffset, value.length + HEADER);
}

function entryAt(item: Uint8Array, view: DataView, start: number, header: number): Entry {
  return {
    kind: view.getUint8(header),
    worker: view.getInt32(header + 1),
    seq: view.getInt32(header + SEQ),
    count: view.getInt32(header + 9),
    chunk: view.getInt32(header + 13),
    target: view.getInt32(header + 17),
    kwargs: view.getInt32(header + 21),
    attempt: view.getInt32(header + ATTEMPT),
    notices: view.getInt32(header + 29),
    task: view.getFloat64(header + 33),
    number: view.getFloat64(header + 41),
    value: item.subarray(start, header),
  };
}

function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
}
