import { randomBytes } from "node:crypto";
import { CorruptedError } from "../../errors.ts";
import type { SpawnCommand } from "../../runtime/runtime.ts";
import type { Backend, ConnectionPort, Limits, Offspring, Port, QueuePort, QueueSettings, Ref } from "../backend.ts";
import type { Tree } from "../tree.ts";
import { NativeConnection } from "./connection.ts";
import type { Realm } from "./handle.ts";
import { Inbox } from "./inbox.ts";
import { Keeper } from "./keeper.ts";
import { NativeQueue, QueueHandle } from "./queue.ts";
import { check, type Shim, text } from "./shim.ts";
import { ChildChannel, checkStrings, spawnNative } from "./spawn.ts";

const EPROTO = -71;

/** Shared objects in shared memory and sockets, through the C shim. */
export class Native implements Backend {
  readonly name = "native";
  readonly #realm: Realm;
  readonly #queues = new Map<string, QueueHandle>();

  constructor(shim: Shim, tree: Tree) {
    this.#realm = { tree, inbox: new Inbox(shim), keeper: new Keeper(shim, tree), unsent: new Set() };
  }

  makeQueue(kind: "queue" | "simple", { maxsize, redeliver }: QueueSettings): QueuePort {
    const { shim, id } = this.#realm.inbox;
    const index = check(shim.pp_queue_make(id, new BigUint64Array([BigInt(maxsize)]), redeliver ? 1 : 0), "The queue can't be made");
    return this.#queue(new QueueHandle(this.#realm, index, randomBytes(16).toString("hex"), undefined), kind);
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
    const fd = keeper.claim(ref);
    if (ref.kind === "connection") {
      if (inbox.shim.pp_check_socket(fd) < 0) {
        inbox.shim.pp_close(fd);
        throw new CorruptedError("What came as a connection is no socket: its sender is no polyproc process.");
      }
      return new NativeConnection(this.#realm, fd, ref, ref.hub);
    }
    const { identity = "", kind } = ref;
    const known = this.#queues.get(identity);
    if (known !== undefined) {
      inbox.shim.pp_close(fd);
      return this.#queue(known, kind);
    }
    const index = inbox.shim.pp_queue_open(inbox.id, fd);
    if (index === EPROTO) throw new CorruptedError("The queue was made by another version of polyproc: use one version in a tree.");
    return this.#queue(new QueueHandle(this.#realm, check(index, "What came as a queue can't be used"), identity, ref.hub), kind);
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

  // What a dead child had taken is given back before anybody is told of its end: counting looks after that.
  #lookAfterTheDead(): void {
    for (const handle of this.#queues.values()) handle.sweep();
  }

  #queue(handle: QueueHandle, kind: Ref["kind"]): QueuePort {
    this.#queues.set(handle.identity, handle);
    return new NativeQueue(handle, kind, () => this.#queues.delete(handle.identity));
  }
}
