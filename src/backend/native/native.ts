import { CorruptedError } from "../../errors/errors.ts";
import type { SpawnCommand } from "../../runtime/current.ts";
import type { Tree } from "../../tree/tree.ts";
import { randomName } from "../../util/random.ts";
import type {
  Backend,
  BarrierPort,
  CellArray,
  CellsPort,
  CellType,
  ConditionPort,
  ConnectionPort,
  EventPort,
  Limits,
  LockPort,
  MemoryPort,
  Offspring,
  Port,
  QueuePort,
  QueueSettings,
  Ref,
  SemaphorePort,
  SemaphoreSettings,
} from "../contract/backend.ts";
import type { Handle, Realm } from "./core/handle.ts";
import { Inbox } from "./core/inbox.ts";
import { Keeper } from "./core/keeper.ts";
import { ChildChannel, checkStrings, spawnNative } from "./launcher.ts";
import { check, type Shim, text } from "./library/shim.ts";
import { NativeConnection } from "./objects/connection.ts";
import { NativeQueue, QueueHandle } from "./objects/queue.ts";
import { MemoryHandle, NativeCells, NativeMemory } from "./objects/shared-memory.ts";
import {
  isSyncKind,
  NativeBarrier,
  NativeCondition,
  NativeEvent,
  NativeLock,
  NativeSemaphore,
  SyncHandle,
  type SyncKind,
  syncPort,
} from "./objects/sync-object.ts";

const EPROTO = -71;

/** Shared objects in shared memory and sockets, through the C shim. */
export class Native implements Backend {
  readonly name = "native";
  readonly #realm: Realm;
  /** What this process holds, by identity: each once. */
  readonly #handles = new Map<string, Handle>();

  constructor(shim: Shim, tree: Tree) {
    const inbox = new Inbox(shim);
    this.#realm = { tree, inbox, keeper: new Keeper(inbox, tree), unsent: new Set() };
    process.on("exit", (code) => {
      if (code === 0) for (const handle of this.#handles.values()) handle.leave();
    });
  }

  makeQueue(kind: "queue" | "simple", { maxsize, redeliver }: QueueSettings): QueuePort {
    const { shim, id } = this.#realm.inbox;
    const index = check(shim.pp_queue_make(id, new BigUint64Array([BigInt(maxsize)]), redeliver ? 1 : 0), "The queue can't be made");
    return new NativeQueue(this.#added(new QueueHandle(this.#realm, index, identity(), undefined)), kind);
  }

  makeLock(recursive: boolean): LockPort {
    return new NativeLock(this.#made(recursive ? "rlock" : "lock", recursive ? 1 : 0));
  }

  makeSemaphore(settings: SemaphoreSettings): SemaphorePort {
    return new NativeSemaphore(this.#made(settings.bounded ? "boundedSemaphore" : "semaphore", ...NativeSemaphore.settings(settings)));
  }

  makeEvent(): EventPort {
    return new NativeEvent(this.#made("event", 0));
  }

  makeCondition(): ConditionPort {
    return new NativeCondition(this.#made("condition", 0));
  }

  makeBarrier(parties: number): BarrierPort {
    return new NativeBarrier(this.#made("barrier", parties));
  }

  makeCells(type: CellType, values: CellArray): CellsPort {
    const cells = new NativeCells(this.#added(MemoryHandle.make(this.#realm, identity(), values.byteLength)), type);
    cells.store(0, values);
    return cells;
  }

  makeMemory(size: number, name: string | undefined): MemoryPort {
    return new NativeMemory(this.#added(MemoryHandle.make(this.#realm, identity(), size, name)));
  }

  attachMemory(name: string): MemoryPort {
    return new NativeMemory(this.#added(MemoryHandle.attach(this.#realm, identity(), name)));
  }

  makePipe(duplex: boolean): [ConnectionPort, ConnectionPort] {
    const fds = new Int32Array(2);
    check(this.#realm.inbox.shim.pp_socketpair(fds, duplex ? 1 : 0), "The pipe can't be made");
    const [first = -1, second = -1] = fds;
    return [
      new NativeConnection(this.#realm, first, { readable: true, writable: duplex }),
      new NativeConnection(this.#realm, second, { readable: duplex, writable: true }),
    ];
  }

  attach(ref: Ref): Port {
    const { inbox, keeper } = this.#realm;
    const { kind, identity: known = "", type, name } = ref;
    const fd = keeper.claim(ref);
    if (kind === "connection") {
      if (inbox.shim.pp_check_socket(fd) < 0) {
        inbox.shim.pp_close(fd);
        throw new CorruptedError("What came as a connection is no socket: its sender is no polyproc process.");
      }
      try {
        return new NativeConnection(this.#realm, fd, ref, ref.hub);
      } catch (error) {
        inbox.shim.pp_close(fd);
        throw error;
      }
    }
    if (isSyncKind(kind))
      return syncPort(this.#adopted(known, fd, SyncHandle, () => SyncHandle.open(this.#realm, kind, fd, known, ref.hub)));
    if (kind === "memory" || kind === "cells") {
      const handle = this.#adopted(known, fd, MemoryHandle, () => MemoryHandle.open(this.#realm, fd, known, ref.hub, name));
      return kind === "memory" ? new NativeMemory(handle) : new NativeCells(handle, type ?? "u8");
    }
    return new NativeQueue(
      this.#adopted(known, fd, QueueHandle, () => this.#openQueue(fd, known, ref.hub)),
      kind,
    );
  }

  async spawn(command: SpawnCommand, detached: boolean, limits: Limits | undefined): Promise<Offspring> {
    checkStrings(command);
    const offspring = spawnNative(this.#realm, command, detached, limits);
    return { ...offspring, closed: () => offspring.closed().then(() => this.#lookAfterTheDead()) };
  }

  async flushed(): Promise<void> {
    while (this.#realm.unsent.size > 0) await Promise.allSettled(this.#realm.unsent);
  }

  pumpSync(ms: number): void {
    this.#realm.inbox.pumpSync(ms);
  }

  /** In a child: its stdin was its channel, and reads empty from now on. */
  takeChannel(orphaned: readonly string[], detached: boolean, parentGone: () => void): ChildChannel {
    const { inbox } = this.#realm;
    const fd = check(inbox.shim.pp_take_stdin(), "The channel to the parent can't be taken over");
    const id = inbox.add(parentGone);
    check(inbox.shim.pp_watch_parent(inbox.id, id, fd, text(...orphaned, ""), detached ? 1 : 0), "The parent can't be watched");
    return new ChildChannel(this.#realm, fd);
  }

  // What a dead child had is given back before anybody is told of its end.
  #lookAfterTheDead(): void {
    for (const handle of this.#handles.values()) handle.sweep();
    this.#realm.inbox.shim.pp_memory_sweep();
  }

  #openQueue(fd: number, known: string, home: string): QueueHandle {
    const index = this.#realm.inbox.shim.pp_queue_open(this.#realm.inbox.id, fd);
    if (index === EPROTO) throw new CorruptedError("The queue was made by another version of polyproc: use one version in a tree.");
    return new QueueHandle(this.#realm, check(index, "What came as a queue can't be used"), known, home);
  }

  #made(kind: SyncKind, first: number, second = 0): SyncHandle {
    return this.#added(SyncHandle.make(this.#realm, kind, identity(), first, second));
  }

  #added<H extends Handle>(handle: H): H {
    this.#handles.set(handle.identity, handle);
    handle.onClose = () => this.#handles.delete(handle.identity);
    return handle;
  }

  // What this process holds already needs no second descriptor.
  #adopted<H extends Handle>(known: string, fd: number, Class: abstract new (...args: never[]) => H, open: () => H): H {
    const handle = this.#handles.get(known);
    if (handle === undefined) return this.#added(open());
    this.#realm.inbox.shim.pp_close(fd);
    if (handle instanceof Class) return handle;
    throw new CorruptedError("A reference names an object of another kind: its sender is no polyproc process.");
  }
}

function identity(): string {
  return randomName(16);
}
