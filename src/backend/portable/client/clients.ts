import { AuthenticationError, OwnerDiedError } from "../../../errors/errors.ts";
import type { Tree } from "../../../tree/tree.ts";
import { net } from "../../../util/lazy-modules.ts";
import { SecureSocket } from "../secure-socket.ts";
import { Client } from "./client.ts";

/** This process's clients: one for its own hub, and one for each other hub that it uses. */
export class Clients {
  readonly #tree: Tree;
  readonly #own: Client;
  readonly #others = new Map<string, Client>();
  readonly #announcing = new WeakSet<Client>();

  constructor(tree: Tree, own: Client) {
    this.#tree = tree;
    this.#own = own;
  }

  /** Returns the client for the hub at an address. */
  at(hub: string): Client {
    if (hub === this.#tree.known?.address) return this.#own;
    const known = this.#others.get(hub);
    if (known !== undefined) return known;
    const client = this.#connect(hub);
    this.#others.set(hub, client);
    return client;
  }

  /** Makes sure that the hub is told when this process ends normally. Otherwise the hub would take the end for a death. */
  announceExit(client: Client): void {
    if (client === this.#own || this.#announcing.has(client)) return;
    this.#announcing.add(client);
    process.once("beforeExit", () => void client.leave().catch(() => {}));
  }

  #connect(hub: string): Client {
    const client: Client = new Client((frame) => socket.send(frame));
    const socket: SecureSocket = new SecureSocket(net().connect(hub), "client", this.#tree.known?.secret ?? new Uint8Array(32), {
      frame: (frame) => client.receive(frame),
      closed: (_torn, error) => {
        this.#others.delete(hub);
        client.closed(() => connectionLost(error));
      },
    });
    return client;
  }
}

function connectionLost(error: Error | undefined): Error {
  if (error instanceof AuthenticationError) return new AuthenticationError(error.message);
  const why = error === undefined ? "" : ` (${error.message})`;
  return new OwnerDiedError(`The process that hosts this object is gone${why}: make shared objects in the process that lives longest.`);
}
