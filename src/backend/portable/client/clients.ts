import { Op } from "../../../codec/op.ts";
import { AuthenticationError, OwnerDiedError, ProcessError } from "../../../errors/errors.ts";
import { emit } from "../../../observe/events.ts";
import { removedSocket } from "../../../tree/bound.ts";
import type { Tree } from "../../../tree/tree.ts";
import { after } from "../../../util/deadline.ts";
import { net } from "../../../util/lazy-modules.ts";
import { wholeNumber } from "../objects/operations.ts";
import { SecureSocket } from "../secure-socket.ts";
import { Client } from "./client.ts";

// A process has ended so many milliseconds after one of its ancestors. If it has not, only the connection broke.
const ENDED_WITHIN = 3000;

/** This process's clients: one for its own hub, and one for each other hub that it uses. */
export class Clients {
  readonly #tree: Tree;
  readonly #own: Client;
  readonly #others = new Map<string, Client>();
  readonly #sockets = new WeakMap<Client, SecureSocket>();
  readonly #announcing = new Set<Client>();
  #watchesExit = false;

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

  /**
   * Makes sure that the hub is told when this process ends with exit code 0, also by `process.exit()`. Otherwise the hub would take the end
   * for a death.
   */
  announceExit(client: Client): void {
    if (client === this.#own) return;
    if (!this.#watchesExit) process.once("exit", (code) => this.#leave(code));
    this.#watchesExit = true;
    this.#announcing.add(client);
  }

  #leave(code: number): void {
    if (code !== 0) return;
    for (const client of this.#announcing) {
      client.leave();
      this.#sockets.get(client)?.flush();
    }
  }

  #connect(hub: string): Client {
    let pid: number | undefined;
    const client: Client = new Client((frame) => socket.send(frame));
    const socket: SecureSocket = new SecureSocket(net().connect(hub), "client", this.#tree.known?.secret ?? new Uint8Array(32), {
      frame: (frame) => {
        if (frame.op === Op.introduce) pid = wholeNumber(frame.meta, 1);
        else client.receive(frame);
      },
      closed: (_torn, error) => {
        this.#others.delete(hub);
        this.#announcing.delete(client);
        const reject = (): void => {
          const reason = connectionLost(hub, error, pid);
          emit("lost", { what: "host", description: reason.message, count: 1 });
          client.closed(() => connectionLost(hub, error, pid));
        };
        // If an ancestor of this process is gone, this process is about to be ended. Until then the calls stay pending.
        const isAncestor = this.#tree.known?.ancestors.includes(hub) === true && !(error instanceof AuthenticationError);
        if (isAncestor) after(ENDED_WITHIN, reject);
        else reject();
      },
    });
    this.#sockets.set(client, socket);
    socket.send({ op: Op.introduce, id: 0, object: 0, meta: process.pid });
    return client;
  }
}

// The errors of a connection to a process that is gone. Any other error says nothing about that process.
const GONE: ReadonlySet<string | undefined> = new Set([undefined, "ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOENT"]);

function connectionLost(hub: string, error: NodeJS.ErrnoException | undefined, pid: number | undefined): Error {
  if (error instanceof AuthenticationError) return new AuthenticationError(error.message);
  const removed = error?.code === "ENOENT" ? removedSocket(hub) : undefined;
  if (removed !== undefined) return new ProcessError(`The object can't be used: ${removed}.`);
  if (!GONE.has(error?.code))
    return new ProcessError(
      `This process can't connect to the process that hosts this object (${error?.message}). That process may be alive. If this one has changed its user, use the object once before that.`,
    );
  const why = error === undefined ? "" : ` (${error.message})`;
  const who = pid === undefined ? "" : ` (pid ${pid})`;
  return new OwnerDiedError(
    `The process that hosts this object${who} is gone${why}: make shared objects in the process that lives longest.`,
    {
      fields: pid === undefined ? {} : { pid },
    },
  );
}
