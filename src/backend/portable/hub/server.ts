import type { Server, Socket } from "node:net";
import { note } from "../../../observe/events.ts";
import { withRoomForMany } from "../../../runtime/named-pipes.ts";
import { platform } from "../../../runtime/platform.ts";
import { isGone, restrict } from "../../../tree/folder.ts";
import { pageOf } from "../../../tree/page.ts";
import { net } from "../../../util/lazy-modules.ts";
import { SecureSocket } from "../secure-socket.ts";
import { describe } from "./describe.ts";
import type { ObjectTable } from "./object-table.ts";
import { Participant, type Store } from "./participant.ts";

// The largest number of connected processes that have not passed the handshake yet. If one more connects, the oldest is cut off. All
// processes of a tree may connect at once and be too busy to reply, so the limit is high.
const MOST_UNPROVED = 512;

/** Serves the objects of a table to other processes of the tree. */
export class HubServer {
  /** Rejects if this process can't listen. */
  readonly ready: Promise<void>;
  readonly #server: Server;
  readonly #address: string;
  #listens = false;
  readonly #secret: Uint8Array;
  readonly #table: ObjectTable;
  readonly #store: Store;
  readonly #unproved = new Set<Socket>();

  constructor(address: string, secret: Uint8Array, table: ObjectTable, store: Store) {
    this.#secret = secret;
    this.#table = table;
    this.#store = store;
    this.#server = net().createServer((socket) => this.#accept(socket));
    this.#address = address;
    this.ready = listen(this.#server, address).then(() => {
      this.#listens = true;
      note("debug", () => `hosts shared objects at ${address}`);
    });
    this.ready.catch(() => {});
    this.#server.unref();
  }

  /** Whether the socket was there, and is gone: a program has cleaned the temporary folder. */
  get isCutOff(): boolean {
    return this.#listens && isGone(this.#address);
  }

  /** Takes no more connections. Those that are there stay. */
  close(): void {
    this.#server.close();
  }

  #accept(socket: Socket): void {
    this.#unproved.add(socket);
    const [oldest] = this.#unproved;
    if (this.#unproved.size > MOST_UNPROVED) oldest?.destroy();
    const participant = new Participant(this.#table, (frame) => secure.send(frame), this.#store);
    const secure: SecureSocket = new SecureSocket(socket, "hub", this.#secret, {
      opened: () => void this.#unproved.delete(socket),
      // Other users may be able to connect to a named pipe.
      ...(platform.hasSocketFiles && { asked: () => pageOf({ pid: process.pid, objects: describe(this.#table.entries) }) }),
      frame: (frame) => participant.receive(frame),
      closed: (torn) => {
        this.#unproved.delete(socket);
        participant.leave(torn);
      },
    });
  }
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    withRoomForMany(() =>
      server.listen(address, () => {
        try {
          restrict(address);
          resolve();
        } catch (error) {
          // The socket could not be restricted to this user, so the hub does not serve at all.
          server.close();
          reject(error);
        }
      }),
    );
  });
}
