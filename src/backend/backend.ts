import type { Wait } from "../timing.ts";

/** Where a shared object is: plain data that travels beside a value. */
export interface Ref {
  readonly kind: PortKind;
  /** The address of the process that hosts it. */
  readonly hub: string;
  readonly id: string;
  /** Whether this end of a pipe can be read, written. */
  readonly readable?: boolean;
  readonly writable?: boolean;
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
  /** Ends this hold, once what it still sends is out. */
  release(): void;
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
}

export interface ConnectionPort extends Port {
  giveUp(reason: () => Error): void;
  send(message: Message, wait: Wait): Promise<void>;
  recv(wait: Wait): Promise<Incoming>;
  poll(wait: Wait): Promise<boolean>;
}

/** What a child tells its parent: that it has what it needs, then how its target ended. */
export type ReportKind = "started" | "result" | "error";

/** The parent's side of its way to hear a child. */
export interface Door extends Port {
  /** Resolves when the child's line has ended: what it waited for and held in this process is free again. At once if it never came. */
  closed(): Promise<void>;
}

/** Hears what a child reports; the child is told that it arrived when the promise settles. */
export type Listener = (kind: ReportKind, message: Message) => Promise<void> | void;

/** The child's side of its way to report. */
export interface DoorPort extends Port {
  report(kind: ReportKind, message: Message): Promise<void>;
}

/** What a child needs to reach its parent's objects, besides the references in its arguments. */
export interface Family {
  /** The tree's secret: 32 bytes. */
  readonly secret: Uint8Array;
  /** The folder for the hubs' sockets, and this child's own socket in it. */
  readonly folder: string;
  readonly address: string;
  /** Whether the folder is this process's to remove. */
  readonly ownsFolder: boolean;
}

/** What a place for a child hands out: settings for its boot frame and what is to be removed when somebody dies. */
export interface Nursery {
  readonly family: Family;
  /** What the child's watcher removes when the parent dies. */
  readonly orphaned: readonly string[];
  /** Called when the child has ended. */
  tidy(): void;
}

/** Where shared objects live. */
export interface Backend {
  readonly name: "portable" | "native";
  makeQueue(kind: "queue" | "simple", settings: QueueSettings): QueuePort;
  makePipe(duplex: boolean): [ConnectionPort, ConnectionPort];
  makeDoor(listen: Listener): Door;
  /** A hold on an object that a message referred to. */
  attach(ref: Ref): Port;
  /** Prepares a place for a child; rejects if this process can't host shared objects. */
  nurse(detached: boolean): Promise<Nursery>;
  /** In a child, before anything else: takes its place in the tree. */
  join(family: Family): void;
  /** Resolves when what this process has put and sent is out. */
  flushed(): Promise<void>;
}
