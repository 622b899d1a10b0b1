import type { ChildHandle, Exit, SpawnCommand } from "../../runtime/current.ts";
import type { Nursery } from "../../tree/tree.ts";
import type { Wait } from "../../util/timing.ts";

/** Where a shared object is: plain data that travels beside a value. */
export interface Ref {
  readonly kind: PortKind;
  /** Whether it is the native backend's. */
  readonly native?: boolean;
  /** The address of the process that hosts it, or that keeps its descriptor. */
  readonly hub: string;
  readonly id: string;
  /** Whether this end of a pipe can be read, written. */
  readonly readable?: boolean;
  readonly writable?: boolean;
  /** A native object's name: a process holds each once. */
  readonly identity?: string;
  /** Cells: what they are. Memory: the name under which anybody can attach it. */
  readonly type?: CellType;
  readonly length?: number;
  readonly name?: string;
  /** What was read of a native connection's next message. */
  readonly ahead?: Uint8Array;
}

export type PortKind =
  | "queue"
  | "simple"
  | "connection"
  | "door"
  | "lock"
  | "rlock"
  | "semaphore"
  | "boundedSemaphore"
  | "event"
  | "condition"
  | "barrier"
  | "cells"
  | "memory";

/** A value on its way: its bytes, and where the shared objects inside it are. */
export interface Message {
  readonly bytes: Uint8Array;
  readonly refs: readonly Ref[];
}

/** A message that was taken but still belongs to its owner, until it is settled. */
export interface Incoming {
  readonly message: Message;
  /** Its bytes hold until the next message is taken, or are a part of something larger. */
  readonly lent?: boolean;
  settle(): void;
}

/** This process's hold on a shared object; the object lives while anyone holds it. */
export interface Port {
  /** Resolves once the owner knows of this hold; rejects if the owner is gone. */
  readonly attached: Promise<void>;
  /** Makes sure that others can reach the object, and says where. */
  share(): Ref;
  /** One more hold on the same object. */
  again(): Port;
  /** Ends this hold, once what it still sends is out. `sent` is false for a hold that was to travel and didn't. */
  release(sent?: boolean): void;
}

export interface QueueSettings {
  /** 0 for no bound. */
  readonly maxsize: number;
  readonly redeliver: boolean;
}

export interface QueueStats {
  readonly size: number;
  readonly puts: number;
  readonly gets: number;
  /** Items in the hands of consumers that died before their `get` settled. */
  readonly lost: number;
  readonly redelivered: number;
  readonly participants: number;
}

export interface QueuePort extends Port {
  /** Ends this process's pending gets and polls with an error. */
  giveUp(reason: () => Error): void;
  /** The event loop need not wait for unfinished puts. */
  letGo(): void;
  /** Resolves when what was put by this port is out. */
  sent(): Promise<void>;
  /** The message's bytes are lent for the call: what is kept is copied. So they are by `putNow`, `putSync` and a connection's `send`. */
  put(message: Message, wait: Wait): Promise<void>;
  get(wait: Wait): Promise<Incoming>;
  /** Where the backend can tell at once: as `put` and `get`, if they need not wait. The bytes of `getNow` are lent until the next call. */
  putNow?(message: Message): boolean;
  getNow?(): Incoming | undefined;
  /** Waits until a `get` would not wait; false if the wait ran out. */
  poll(wait: Wait): Promise<boolean>;
  stats(): Promise<QueueStats & { readonly maxsize: number }>;
  taskDone(): Promise<void>;
  join(wait: Wait): Promise<void>;
  shutdown(immediate: boolean): Promise<void>;
  /** The blocking calls, where the backend has them. */
  pollNow?(): boolean;
  putSync?(message: Message, wait: Wait): void;
  getSync?(wait: Wait): Incoming;
  joinSync?(wait: Wait): void;
}

export interface ConnectionPort extends Port {
  /** Whether the other end is outside of this tree: no reference that comes from there is followed. */
  readonly foreign?: boolean;
  giveUp(reason: () => Error): void;
  send(message: Message, wait: Wait): Promise<void>;
  recv(wait: Wait): Promise<Incoming>;
  /** Where the backend can tell at once: as `recv`, if it need not wait. */
  recvNow?(): Incoming | undefined;
  poll(wait: Wait): Promise<boolean>;
  /** Where the backend has them: its descriptor, and the blocking calls. */
  readonly fd?: number;
  pollNow?(): boolean;
  sendSync?(message: Message, wait: Wait): void;
  recvSync?(wait: Wait): Incoming;
  pollSync?(wait: Wait): boolean;
}

/** How an acquisition went; `abandoned`: its last holder died with it. */
export type Grant = "refused" | "granted" | "abandoned";

/** A call that waits can be ended from this side. */
export interface WaitingPort extends Port {
  giveUp(reason: () => Error): void;
}

/** A lock, recursive or not. */
export interface LockPort extends WaitingPort {
  /** `depth` times, where it is recursive. */
  acquire(wait: Wait, depth?: number): Promise<Grant>;
  /** Once, or as often as it is held; gives how often. */
  unlock(all?: boolean): Promise<number>;
  /** How often this process holds it. */
  held(): Promise<number>;
  acquireSync?(wait: Wait, depth?: number): Grant;
  unlockSync?(all?: boolean): number;
  heldNow?(): number;
}

export interface SemaphoreSettings {
  readonly value: number;
  /** Whether it may never be above its first value. */
  readonly bounded: boolean;
  /** Whether the permits of a dead process come back. */
  readonly robust: boolean;
}

export interface SemaphorePort extends WaitingPort {
  acquire(wait: Wait): Promise<Grant>;
  post(): Promise<void>;
  value(): Promise<number>;
  acquireSync?(wait: Wait): Grant;
  postSync?(): void;
}

export interface EventPort extends WaitingPort {
  set(): Promise<void>;
  clear(): Promise<void>;
  isSet(): Promise<boolean>;
  /** Whether it was set in time. */
  wait(wait: Wait): Promise<boolean>;
  waitSync?(wait: Wait): boolean;
  setSync?(): void;
  isSetNow?(): boolean;
}

export interface ConditionPort extends WaitingPort {
  /** Takes a place among those who wait. */
  enter(): Promise<number>;
  /** Waits for a notification, and gives the place up; false if none came in time. */
  notified(place: number, wait: Wait): Promise<boolean>;
  notify(count: number): Promise<void>;
  enterSync?(): number;
  notifiedSync?(place: number, wait: Wait): boolean;
  notifySync?(count: number): void;
}

export interface Arrival {
  /** Its place in the order, from 0. */
  readonly index: number;
  readonly phase: number;
  /** Whether all have arrived with it: it ends the phase. */
  readonly last: boolean;
}

export type BarrierEnd = "pass" | "break" | "reset";

export interface BarrierPort extends WaitingPort {
  /** Throws `BrokenBarrierError`; so do the waits below. */
  arrive(wait: Wait): Promise<Arrival>;
  /** Waits for a phase's end; false if it did not come in time. */
  passed(phase: number, wait: Wait): Promise<boolean>;
  /** Ends the phase, if one is named only that one: false if it was passed already. */
  end(how: BarrierEnd, phase?: number): Promise<boolean>;
  state(): Promise<{ readonly parties: number; readonly waiting: number; readonly broken: boolean }>;
  arriveSync?(wait: Wait): Arrival;
  passedSync?(phase: number, wait: Wait): boolean;
  endSync?(how: BarrierEnd, phase?: number): boolean;
}

/** What a cell of shared memory holds. */
export type CellType = "i8" | "u8" | "u8c" | "i16" | "u16" | "i32" | "u32" | "i64" | "u64" | "f32" | "f64";
export type Cell = number | bigint;
export type CellArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;
export type Operation = "load" | "store" | "add" | "sub" | "and" | "or" | "exchange" | "compareExchange";

/** Numbers that several processes see. */
export interface CellsPort extends Port {
  readonly type: CellType;
  readonly length: number;
  read(start: number, end: number): Promise<CellArray>;
  write(start: number, values: CellArray): Promise<void>;
  /** On the first cell, in one step; gives what was there before. */
  operate(operation: Operation, operand: Cell, expected: Cell): Promise<Cell>;
  /** Where the backend has one: the memory itself, until the port is released. */
  readonly view?: CellArray;
}

/** Bytes that several processes see. */
export interface MemoryPort extends Port {
  readonly buffer: ArrayBuffer;
  readonly size: number;
  /** Empty without one. */
  readonly name: string;
  unlink(): void;
}

/** What a child tells its parent: that it has what it needs, then how its target ended. */
export type ReportKind = "started" | "result" | "error";

/** Hears what a child reports; the child is told that it arrived when the promise settles. */
export type Listener = (kind: ReportKind, message: Message) => Promise<void> | void;

/** The child's side of its way to report. */
export interface DoorPort {
  report(kind: ReportKind, message: Message): Promise<void>;
}

/** Resource limits of a child: native backend only. */
export interface Limits {
  /** Bytes of data the process may have: `RLIMIT_DATA`, and the engine's own limit of its heap. */
  readonly memory?: number;
  /** Milliseconds of processor time, rounded up to seconds; SIGXCPU ends a process that uses more. */
  readonly cpuTime?: number;
  /** How many descriptors it may have open. */
  readonly openFiles?: number;
  /** Added to this process's niceness; lowering it needs privileges. */
  readonly nice?: number;
  /** The numbers of the processors that it may run on, from 0. */
  readonly cpus?: readonly number[];
}

/** A child that has been started, as its backend knows it. */
export interface Offspring {
  readonly child: ChildHandle;
  readonly nursery: Nursery;
  /** Rejects if its program can't be run. */
  readonly started: Promise<void>;
  /** Whether the child takes its channel over through the shim. */
  readonly native: boolean;
  /** Sends a frame. */
  write(bytes: Uint8Array): void;
  /** Hears its reports from now on; gives what tells the child where, if that is not its channel. */
  openDoor(listen: Listener): Ref | undefined;
  /** Resolves when it can report no more; what it waited for and held in this process is free then. */
  closed(): Promise<void>;
  /** Lets go of what belongs to it. */
  release(): void;
  /** Where the backend has blocking calls: how it ended, once that and all its reports are known. */
  readonly endNow?: () => Exit | undefined;
}

/** Where shared objects live. */
export interface Backend {
  readonly name: "portable" | "native";
  makeQueue(kind: "queue" | "simple", settings: QueueSettings): QueuePort;
  makePipe(duplex: boolean): [ConnectionPort, ConnectionPort];
  makeLock(recursive: boolean): LockPort;
  makeSemaphore(settings: SemaphoreSettings): SemaphorePort;
  makeEvent(): EventPort;
  makeCondition(): ConditionPort;
  makeBarrier(parties: number): BarrierPort;
  makeCells(type: CellType, values: CellArray): CellsPort;
  /** Where the backend has it: new memory, under a name (exclusively) or without one; and memory by its name. */
  makeMemory?(size: number, name: string | undefined): MemoryPort;
  attachMemory?(name: string): MemoryPort;
  /** A hold on an object that a message referred to. */
  attach(ref: Ref): Port;
  /** Starts a child; rejects if this process can't host shared objects. */
  spawn(command: SpawnCommand, detached: boolean, limits: Limits | undefined): Promise<Offspring>;
  /** Resolves when what this process has put and sent is out. */
  flushed(): Promise<void>;
  /** Blocks this thread until something that is waited for may have come, `ms` at most. */
  pumpSync?(ms: number): void;
}
