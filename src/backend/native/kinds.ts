import type { MakeOptions } from "../contract/backend.ts";
import { BARRIER } from "../contract/barrier.ts";
import { CONDITION } from "../contract/condition.ts";
import { CONNECTION } from "../contract/connection.ts";
import { EVENT } from "../contract/event.ts";
import type { Kind } from "../contract/kind.ts";
import { LOCK, RLOCK } from "../contract/lock.ts";
import { MANAGED } from "../contract/managed.ts";
import { MEMORY, type MemorySettings } from "../contract/memory.ts";
import { type NumbersPort, type NumbersSettings, SHARED_ARRAY, SHARED_VALUE } from "../contract/numbers.ts";
import type { Port } from "../contract/port.ts";
import { QUEUE, type QueuePort, type QueueSettings, SIMPLE_QUEUE } from "../contract/queue.ts";
import { BOUNDED_SEMAPHORE, SEMAPHORE } from "../contract/semaphore.ts";
import type { Origin } from "./core/handle.ts";
import { type Handles, otherKind, type Received } from "./core/handles.ts";
import type { NativeThread } from "./core/native-thread.ts";
import { NativeBarrier } from "./objects/barrier.ts";
import { NativeCondition } from "./objects/condition.ts";
import { NativeConnection } from "./objects/connection.ts";
import { NativeEvent } from "./objects/event.ts";
import { NativeLock } from "./objects/lock.ts";
import { NativeManaged } from "./objects/managed/managed.ts";
import { NativeMemory } from "./objects/memory.ts";
import { MemoryHandle } from "./objects/memory-handle.ts";
import { NativeNumbers } from "./objects/numbers.ts";
import { NativeQueue } from "./objects/queue.ts";
import { QueueHandle } from "./objects/queue-handle.ts";
import { NativeSemaphore } from "./objects/semaphore.ts";
import { SyncHandle, SyncKind } from "./objects/sync-handle.ts";

/** Makes objects of one kind, and opens those that another process sent. */
export interface NativeKind {
  /** Whether a location must say the type of the numbers. */
  readonly needsType?: boolean;
  /** Whether its objects may travel with more than one descriptor. */
  readonly hasMore?: boolean;
  make(handles: Handles, settings: never, options: MakeOptions): unknown;
  open(handles: Handles, received: Received): Port;
}

type Row = readonly [name: string, kind: NativeKind];

/** The kinds of objects that the native backend has, by name. */
export const nativeKinds: ReadonlyMap<string, NativeKind> = new Map<string, NativeKind>([
  queue(QUEUE),
  queue(SIMPLE_QUEUE),
  connection(),
  sync(LOCK, SyncKind.lock, NativeLock, () => [0, 0]),
  sync(RLOCK, SyncKind.lock, NativeLock, () => [1, 0]),
  sync(SEMAPHORE, SyncKind.semaphore, NativeSemaphore, (settings) => NativeSemaphore.settings(settings, false)),
  sync(BOUNDED_SEMAPHORE, SyncKind.semaphore, NativeSemaphore, (settings) => NativeSemaphore.settings(settings, true)),
  sync(EVENT, SyncKind.event, NativeEvent, () => [0, 0]),
  sync(CONDITION, SyncKind.condition, NativeCondition, () => [0, 0]),
  sync(BARRIER, SyncKind.barrier, NativeBarrier, ({ parties }) => [parties, 0]),
  numbers(SHARED_VALUE),
  numbers(SHARED_ARRAY),
  kind(
    MEMORY,
    (handles, settings) => new NativeMemory(handles.make((origin) => makeMemory(handles.thread, origin, settings))),
    (handles, received) => new NativeMemory(openMemory(handles, received)),
  ),
  managed(),
]);

// Makes a row of the table. It checks that the types of the settings and of the port belong to the kind.
function kind<P extends Port, S, M>(
  { name }: Kind<P, S, M>,
  make: (handles: Handles, settings: S, options: MakeOptions) => M,
  open: (handles: Handles, received: Received) => P,
): Row {
  return [name, { make, open }];
}

function connection(): Row {
  const [name, row] = kind(
    CONNECTION,
    ({ thread }, settings) => NativeConnection.makePair(thread, settings),
    ({ thread }, received) => NativeConnection.open(thread, received),
  );
  return [name, { ...row, hasMore: true }];
}

function managed(): Row {
  const [name, row] = kind(MANAGED, NativeManaged.make, NativeManaged.open);
  return [name, { ...row, hasMore: true }];
}

function queue(queueKind: Kind<QueuePort, QueueSettings>): Row {
  return kind(
    queueKind,
    (handles, settings, options) =>
      new NativeQueue(
        handles.make((origin) => QueueHandle.make(handles.thread, origin, settings, options)),
        queueKind,
      ),
    (handles, received) => {
      const open = (origin: Origin): QueueHandle => QueueHandle.open(handles.thread, origin, received.fd);
      return new NativeQueue(handles.receive(received, QueueHandle, open), queueKind);
    },
  );
}

/** @param toNumbers returns the settings in the form in which `pp_sync_make` takes them */
function sync<P extends Port, S>(
  syncKind: Kind<P, S>,
  number: number,
  Class: new (handle: SyncHandle) => P,
  toNumbers: (settings: S) => readonly [number, number],
): Row {
  const { name, label } = syncKind;
  const native = { name, label, number };
  return kind(
    syncKind,
    (handles, settings) => new Class(handles.make((origin) => SyncHandle.make(handles.thread, origin, native, ...toNumbers(settings)))),
    (handles, received) => {
      const open = (origin: Origin): SyncHandle => SyncHandle.open(handles.thread, origin, native, received.fd);
      const handle = handles.receive(received, SyncHandle, open);
      if (handle.kind.number !== number) throw otherKind();
      return new Class(handle);
    },
  );
}

function numbers(numbersKind: Kind<NumbersPort, NumbersSettings>): Row {
  const [name, row] = kind(
    numbersKind,
    (handles, { type, values }) => {
      const made = new NativeNumbers(
        handles.make((origin) => MemoryHandle.make(handles.thread, origin, values.byteLength)),
        numbersKind,
        type,
      );
      made.store(0, values);
      return made;
    },
    // The type is there: `needsType` says so.
    (handles, received) => NativeNumbers.open(openMemory(handles, received), numbersKind, received.location.type ?? "u8"),
  );
  return [name, { ...row, needsType: true }];
}

function makeMemory(thread: NativeThread, origin: Origin, settings: MemorySettings): MemoryHandle {
  if (!settings.create) return MemoryHandle.attach(thread, origin, settings.name, settings.atLeast);
  return MemoryHandle.make(thread, origin, settings.size, settings.name);
}

// Memory with a name is found by the name, and its owner and mode are checked. Its descriptor is used for nothing but a comparison, because
// its sender could send another file, and cut it while it is read.
function openMemory(handles: Handles, received: Received): MemoryHandle {
  const { fd, location } = received;
  const { name } = location;
  return handles.receive(received, MemoryHandle, (origin) =>
    name === undefined ? MemoryHandle.open(handles.thread, origin, fd) : MemoryHandle.attach(handles.thread, origin, name, 0, fd),
  );
}
