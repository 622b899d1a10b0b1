import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { AuthenticationError, OwnerDiedError, UnsupportedError } from "../../errors.ts";
import { runtime } from "../../runtime/runtime.ts";
import type { Backend, ConnectionPort, Door, Family, Listener, Message, Nursery, Port, QueuePort, QueueSettings, Ref } from "../backend.ts";
import { Client } from "./client.ts";
import { DoorState } from "./door-state.ts";
import { makeAddress, makeFolder, remove, sweep } from "./folder.ts";
import { Hub } from "./hub.ts";
import { Line } from "./line.ts";
import { ObjectTable, Participant } from "./participant.ts";
import { makePipeEnds } from "./pipe-state.ts";
import { PortableConnection, PortableDoor, PortableQueue, type PortPlace } from "./ports.ts";
import { QueueState } from "./queue-state.ts";
import type { Hosted, Kept } from "./request.ts";

const PORTS = { queue: PortableQueue, simple: PortableQueue, connection: PortableConnection, door: PortableDoor } as const;

/** Shared objects in the process that made them, served over local sockets: complete on every platform. */
export class Portable implements Backend {
  readonly name = "portable";
  readonly #table = new ObjectTable();
  readonly #local: Client;
  readonly #clients = new Map<string, Client>();
  readonly #unsent = new Set<Promise<unknown>>();
  #family: Family | undefined;
  #hub: Hub | undefined;

  constructor() {
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

  makeDoor(listen: Listener): Door {
    const state = new DoorState(listen);
    return Object.assign(new PortableDoor(this.#host("door", state)), { closed: () => state.closed() });
  }

  attach(ref: Ref): Port {
    const local = ref.hub === this.#family?.address;
    const client = local ? this.#local : this.#clientOf(ref.hub);
    return new PORTS[ref.kind]({ client, id: ref.id, share: () => ref, unsent: this.#unsent });
  }

  async nurse(detached: boolean): Promise<Nursery> {
    const family = await this.#listening();
    const folder = detached ? makeFolder() : family.folder;
    const address = makeAddress(folder);
    return {
      family: { secret: family.secret, folder, address, ownsFolder: detached },
      orphaned: detached ? [] : [address, family.ownsFolder ? family.folder : family.address],
      tidy: () => remove(detached ? folder : address),
    };
  }

  join(family: Family): void {
    this.#family = family;
    // A folder of its own is known to be in use by somebody listening there.
    if (family.ownsFolder) this.#listen();
  }

  async flushed(): Promise<void> {
    while (this.#unsent.size > 0) await Promise.allSettled(this.#unsent);
  }

  #host(kind: Ref["kind"], object: Hosted, directions: { readable?: boolean; writable?: boolean } = {}): PortPlace {
    const id = randomBytes(12).toString("hex");
    this.#table.host(id, object);
    const share = (): Ref => ({ kind, hub: this.#listen().address, id, ...directions });
    return { client: this.#local, id, share, unsent: this.#unsent };
  }

  // Everything that a stored message refers to is held by this process, until the message is gone.
  #keep(message: Message): Kept {
    if (message.refs.length === 0) return { ...message, pinned: undefined, release: () => {} };
    const ports = message.refs.map((ref) => this.attach(ref));
    const release = (): void => {
      for (const port of ports) port.release();
    };
    return { ...message, pinned: Promise.allSettled(ports.map((port) => port.attached)), release };
  }

  async #listening(): Promise<Family> {
    try {
      const family = this.#listen();
      await this.#hub?.ready;
      return family;
    } catch (error) {
      // So that nothing stays behind, and a later try begins anew.
      if (this.#family?.ownsFolder === true) {
        remove(this.#family.folder);
        this.#family = undefined;
        this.#hub = undefined;
      }
      const why = error instanceof Error ? error.message : String(error);
      throw new UnsupportedError(`This process can't host what it shares with a child: ${why}. ${runtime.needs}`, { cause: error });
    }
  }

  #listen(): Family {
    this.#family ??= foundFamily();
    if (this.#hub === undefined) {
      const { address, secret, folder, ownsFolder } = this.#family;
      this.#hub = new Hub(address, secret, this.#table, (message) => this.#keep(message));
      process.on("exit", () => remove(ownsFolder ? folder : address));
    }
    return this.#family;
  }

  #clientOf(hub: string): Client {
    const known = this.#clients.get(hub);
    if (known !== undefined) return known;
    const client: Client = new Client((frame) => line.send(frame));
    const line: Line = new Line(connect(hub), "client", this.#family?.secret ?? new Uint8Array(32), {
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

function foundFamily(): Family {
  const folder = makeFolder();
  sweep(folder);
  return { secret: randomBytes(32), folder, address: makeAddress(folder), ownsFolder: true };
}

function lineEnded(error: Error | undefined): Error {
  if (error instanceof AuthenticationError) return new AuthenticationError(error.message);
  const why = error === undefined ? "" : ` (${error.message})`;
  return new OwnerDiedError(`The process that hosts this object is gone${why}: make shared objects in the process that lives longest.`);
}
