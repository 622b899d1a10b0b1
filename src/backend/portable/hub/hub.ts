import type { Server, Socket } from "node:net";
import { restrict } from "../../../tree/folder.ts";
import { net } from "../../../util/lazy-modules.ts";
import type { Message } from "../../contract/backend.ts";
import { Line } from "../secure-socket.ts";
import { type ObjectTable, Participant } from "./participant.ts";
import type { Kept } from "./request.ts";

// Peers that have not proved themselves yet; one more, and the oldest is cut off. All of a tree may come at once, and then compute.
const MAX_HALF_OPEN = 512;

/** Serves this process's objects to the others of its tree. */
export class Hub {
  readonly #server: Server;
  readonly #halfOpen = new Set<Socket>();
  /** Rejects if this process can't listen. */
  readonly ready: Promise<void>;

  constructor(address: string, secret: Uint8Array, table: ObjectTable, keep: (message: Message) => Kept) {
    this.#server = net().createServer((socket) => this.#accept(socket, secret, table, keep));
    this.ready = new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(address, () => {
        try {
          restrict(address);
          resolve();
        } catch (error) {
          // Nobody may be served where others could come in.
          this.#server.close();
          reject(error);
        }
      });
    });
    this.ready.catch(() => {});
    this.#server.unref();
  }

  #accept(socket: Socket, secret: Uint8Array, table: ObjectTable, keep: (message: Message) => Kept): void {
    this.#halfOpen.add(socket);
    const [oldest] = this.#halfOpen;
    if (this.#halfOpen.size > MAX_HALF_OPEN) oldest?.destroy();
    const participant = new Participant(table, (frame) => line.send(frame), keep);
    const line: Line = new Line(socket, "hub", secret, {
      opened: () => void this.#halfOpen.delete(socket),
      frame: (frame) => participant.receive(frame),
      closed: (torn) => {
        this.#halfOpen.delete(socket);
        participant.leave(torn);
      },
    });
  }
}
