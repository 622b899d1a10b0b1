import type { Frame } from "../../../codec/frame.ts";
import { UnsupportedError } from "../../../errors/errors.ts";
import { runtime } from "../../../runtime/current.ts";
import type { Tree } from "../../../tree/tree.ts";
import type { Port } from "../../contract/port.ts";
import type { Ref } from "../../contract/ref.ts";
import { ObjectTable } from "./object-table.ts";
import { Participant, type Store } from "./participant.ts";
import type { HubObject } from "./request.ts";
import { HubServer } from "./server.ts";
import { storeMessage } from "./store-message.ts";

/** The objects that live in this process. Other processes can reach them once the hub listens. */
export class Hub {
  readonly #tree: Tree;
  readonly #table = new ObjectTable();
  readonly #store: Store;
  #server: HubServer | undefined;

  /** @param attach returns a port to an object inside a message that is stored here */
  constructor(tree: Tree, attach: (ref: Ref) => Port) {
    this.#tree = tree;
    this.#store = (message) => storeMessage(message, attach);
  }

  add(id: string, object: HubObject): void {
    this.#table.add(id, object);
  }

  /** Makes this process itself a participant. `send` is called with the frames for it. */
  participate(send: (frame: Frame) => void): Participant {
    const own = new Participant(this.#table, send, this.#store);
    own.pid = process.pid;
    return own;
  }

  /** Serves this process's objects from now on. Returns the hub's address. */
  listen(): string {
    // Those that are connected already do not need the socket.
    if (this.#server?.isCutOff === true) {
      this.#server.close();
      this.#server = undefined;
    }
    this.#server ??= new HubServer(this.#tree.addressOf("hub"), this.#tree.membership.secret, this.#table, this.#store);
    return this.#tree.membership.address;
  }

  /** Resolves when other processes can connect. Rejects with `UnsupportedError` if this process can't listen. */
  async ready(): Promise<void> {
    try {
      this.listen();
      await this.#server?.ready;
    } catch (error) {
      this.#tree.leave();
      this.#server = undefined;
      const why = error instanceof Error ? error.message : String(error);
      throw new UnsupportedError(`This process can't host what it shares with a child: ${why}. ${runtime.needs}`, { cause: error });
    }
  }
}
