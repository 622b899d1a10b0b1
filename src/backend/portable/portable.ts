import { AuthenticationError, CorruptedError, OwnerDiedError, UnsupportedError } from "../../errors/errors.ts";
import { runtime, type SpawnCommand } from "../../runtime/current.ts";
import type { Tree } from "../../tree/tree.ts";
import { owned } from "../../util/bytes.ts";
import { net } from "../../util/lazy-modules.ts";
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
  Listener,
  LockPort,
  Message,
  Offspring,
  Port,
  QueuePort,
  QueueSettings,
  Ref,
  SemaphorePort,
  SemaphoreSettings,
} from "../contract/backend.ts";
import type { Call } from "./client/call.ts";
import { Client } from "./client/client.ts";
import { PortableConnection, PortableDoor, PortableQueue, type PortPlace, replies } from "./client/ports.ts";
import { PortableBarrier, PortableCells, PortableCondition, PortableEvent, PortableLock, PortableSemaphore } from "./client/sync-ports.ts";
import { Hub } from "./hub/hub.ts";
import { ObjectTable, Participant } from "./hub/participant.ts";
import type { Hosted, Kept } from "./hub/request.ts";
import { BarrierState } from "./objects/barrier.ts";
import { ConditionState } from "./objects/condition.ts";
import { EventState } from "./objects/event.ts";
import { LockState } from "./objects/lock.ts";
import { makePipeEnds } from "./objects/pipe.ts";
import { QueueState } from "./objects/queue.ts";
import { DoorState } from "./objects/report-channel.ts";
import { SemaphoreState } from "./objects/semaphore.ts";
import { CellsState } from "./objects/shared-numbers.ts";
import { Line } from "./secure-socket.ts";

const PORTS = {
  queue: PortableQueue,
  simple: PortableQueue,
  connection: PortableConnection,
  door: PortableDoor,
  lock: PortableLock,
  rlock: PortableLock,
  semaphore: PortableSemaphore,
  boundedSemaphore: PortableSemaphore,
  event: PortableEvent,
  condition: PortableCondition,
  barrier: PortableBarrier,
  cells: PortableCells,
} as const;

/** Shared objects in the process that made them, served over local sockets: complete on every platform. */
export class Portable implements Backend {
  readonly name = "portable";
  readonly #tree: Tree;
  readonly #table = new ObjectTable();
  readonly #local: Client;
  readonly #clients = new Map<string, Client>();
  readonly #unsent = new Set<Call>();
  readonly #goodbyes = new WeakSet<Client>();
  #hub: Hub | undefined;

  constructor(tree: Tree) {
    this.#tree = tree;
    const keep = (message: Message): Kept => this.#keep(message);
    const participant: Participant = new Participant(this.#table, (frame) => this.#local.receive(frame), keep);
    this.#local = new Client((frame) => participant.receive(frame));
  }

  makeQueue(kind: "queue" | "simple", settings: QueueSettings): QueuePort {
    return new PortableQueue(this.#host(kind, new QueueState(settings)));
  }

  makePipe(duplex: boolean): [ConnectionPort, ConnectionPort] {
    const [first, second] = makePipeEnds(duplex);
    return [
      new PortableConnection(this.#host("connection", first, { readable: true, writable: duplex })),
      new PortableConnection(this.#host("connection", second, { readable: duplex, writable: true })),
    ];
  }

  makeLock(recursive: boolean): LockPort {
    return new PortableLock(this.#host(recursive ? "rlock" : "lock", new LockState(recursive)));
  }

  makeSemaphore(settings: SemaphoreSettings): SemaphorePort {
    return new PortableSemaphore(this.#host(settings.bounded ? "boundedSemaphore" : "semaphore", new SemaphoreState(settings)));
  }

  makeEvent(): EventPort {
    return new PortableEvent(this.#host("event", new EventState()));
  }

  makeCondition(): ConditionPort {
    return new PortableCondition(this.#host("condition", new ConditionState()));
  }

  makeBarrier(parties: number): BarrierPort {
    return new PortableBarrier(this.#host("barrier", new BarrierState(parties)));
  }

  makeCells(type: CellType, values: CellArray): CellsPort {
    const fields = { type, length: values.length };
    return new PortableCells(this.#host("cells", new CellsState(type, values), fields), fields);
  }

  attach(ref: Ref): Port {
    if (ref.kind === "memory") throw new CorruptedError("Shared memory came from a process that can have none.");
    const local = ref.hub === this.#tree.known?.address;
    const client = local ? this.#local : this.#clientOf(ref.hub);
    if (ref.kind === "barrier" && !local) this.#sayGoodbye(client);
    return new PORTS[ref.kind]({ client, id: ref.id, share: () => ref, unsent: this.#unsent }, ref);
  }

  async spawn(command: SpawnCommand, detached: boolean): Promise<Offspring> {
    await this.#listening();
    const nursery = this.#tree.nurse(detached);
    try {
      const { child, started } = runtime.spawn(command);
      let state: DoorState | undefined;
      let door: Port | undefined;
      return {
        child,
        nursery,
        started,
        native: false,
        write: (bytes) => child.write?.(bytes),
        openDoor: (listen: Listener) => {
          state = new DoorState(listen);
          door = new PortableDoor(this.#host("door", state));
          return door.share();
        },
        closed: () => state?.closed() ?? Promise.resolve(),
        release: () => door?.release(),
      };
    } catch (error) {
      nursery.tidy();
      throw error;
    }
  }

  async flushed(): Promise<void> {
    while (this.#unsent.size > 0) await Promise.allSettled(replies(this.#unsent));
  }

  // A party that ends in order is not one that died.
  #sayGoodbye(client: Client): void {
    if (this.#goodbyes.has(client)) return;
    this.#goodbyes.add(client);
    process.once("beforeExit", () => void client.leave().catch(() => {}));
  }

  #host(kind: Ref["kind"], object: Hosted, fields: Partial<Ref> = {}): PortPlace {
    const id = randomName(12);
    this.#table.host(id, object);
    const share = (): Ref => ({ kind, hub: this.listen(), id, ...fields });
    return { client: this.#local, id, share, unsent: this.#unsent };
  }

  // Everything that a stored message refers to is held by this process, until the message is gone.
  #keep(message: Message): Kept {
    const bytes = owned(message.bytes);
    // A native object waits with its keeper until it is claimed, once.
    const refs = message.refs.filter((ref) => ref.native !== true);
    if (refs.length === 0) return { bytes, refs: message.refs, pinned: undefined, release: nothing };
    const ports: Port[] = [];
    const release = (): void => {
      for (const port of ports) port.release();
    };
    try {
      for (const ref of refs) ports.push(this.attach(ref));
    } catch (error) {
      release();
      throw error;
    }
    return { bytes, refs: message.refs, pinned: Promise.allSettled(ports.map((port) => port.attached)), release };
  }

  // Whatever runs in this process may refer to objects that it hosts.
  async #listening(): Promise<void> {
    try {
      this.listen();
      await this.#hub?.ready;
    } catch (error) {
      this.#tree.leave();
      this.#hub = undefined;
      const why = error instanceof Error ? error.message : String(error);
      throw new UnsupportedError(`This process can't host what it shares with a child: ${why}. ${runtime.needs}`, { cause: error });
    }
  }

  /** Serves this process's objects, and says where. */
  listen(): string {
    this.#hub ??= new Hub(this.#tree.addressOf("hub"), this.#tree.family.secret, this.#table, (message) => this.#keep(message));
    return this.#tree.family.address;
  }

  #clientOf(hub: string): Client {
    const known = this.#clients.get(hub);
    if (known !== undefined) return known;
    const client: Client = new Client((frame) => line.send(frame));
    const line: Line = new Line(net().connect(hub), "client", this.#tree.known?.secret ?? new Uint8Array(32), {
      frame: (frame) => client.receive(frame),
      closed: (_torn, error) => {
        this.#clients.delete(hub);
        client.closed(() => lineEnded(error));
      },
    });
    this.#clients.set(hub, client);
    return client;
  }
}

const nothing = (): void => {};

function lineEnded(error: Error | undefined): Error {
  if (error instanceof AuthenticationError) return new AuthenticationError(error.message);
  const why = error === undefined ? "" : ` (${error.message})`;
  return new OwnerDiedError(`The process that hosts this object is gone${why}: make shared objects in the process that lives longest.`);
}
