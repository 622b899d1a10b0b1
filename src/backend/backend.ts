import type { ChildHandle, Exit, SpawnCommand } from "../runtime/runtime.ts";
import type { Wait } from "../timing.ts";
import type { Nursery } from "./tree.ts";

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
  /** A native queue's name: a process holds each once. */
  readonly identity?: string;
  /** What was read of a native connection's next message. */
  readonly ahead?: Uint8Array;
}

export type PortKind = "queue" | "simple" | "connection" | "door";

/** A value on its way: its bytes, and where the shared objects inside it are. */
export interface Message {
  readonly bytes: Uint8Array;
  readonly refs: readonly Ref[];
}

/** A message that was taken but still belongs to its owner, until it is settled. */
export interface Incoming {
  readonly message: Message;
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
  put(message: Message, wait: Wait): Promise<void>;
  get(wait: Wait): Promise<Incoming>;
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
  giveUp(reason: () => Error): void;
  send(message: Message, wait: Wait): Promise<void>;
  recv(wait: Wait): Promise<Incoming>;
  poll(wait: Wait): Promise<boolean>;
  /** Where the backend has them: its descriptor, and the blocking calls. */
  readonly fd?: number;
  pollNow?(): boolean;
  sendSync?(message: Message, wait: Wait): void;
  recvSync?(wait: Wait): Incoming;
  pollSync?(wait: Wait): boolean;
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
  /** A hold on an object that a message referred to. */
  attach(ref: Ref): Port;
  /** Starts a child; rejects if this process can't host shared objects. */
  spawn(command: SpawnCommand, detached: boolean, limits: Limits | undefined): Promise<Offspring>;
  /** Resolves when what this process has put and sent is out. */
  flushed(): Promise<void>;
  /** Blocks this thread until something that is waited for may have come, `ms` at most. */
  pumpSync?(ms: number): void;
}
