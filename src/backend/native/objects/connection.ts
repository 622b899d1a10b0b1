import { seal } from "../../../codec/envelope.ts";
import { CorruptedError } from "../../../errors/errors.ts";
import { Attempts } from "../../../util/attempts.ts";
import { blocking } from "../../../util/blocking.ts";
import { asKept, copyOf, type KeptBytes } from "../../../util/bytes.ts";
import type { Wait } from "../../../util/wait-options.ts";
import { type BlockingConnection, CONNECTION, type ConnectionPort, type Directions, type PipeSettings } from "../../contract/connection.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import type { Received } from "../core/handles.ts";
import type { Travelling } from "../core/keeper.ts";
import type { NativeThread } from "../core/native-thread.ts";
import { NativePort } from "../core/port.ts";
import { Readiness } from "../core/readiness.ts";
import { takenKept, takenLent } from "../core/taken.ts";
import { check } from "../library/result.ts";
import { IncomingMessage } from "./incoming-message.ts";
import { OutgoingMessage } from "./outgoing-message.ts";

/**
 * One end of a pair of sockets. It never reads beyond a message, so at any time it can be sent to another process, polled, or read
 * blocking.
 */
export class NativeConnection extends NativePort implements ConnectionPort, BlockingConnection {
  readonly fd: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly #maker: string | undefined;
  readonly #reading: Readiness;
  readonly #writing: Readiness;
  readonly #recvs: Attempts;
  readonly #sends: Attempts;
  readonly #incoming: IncomingMessage;

  /** @param maker the address of its maker's keeper; `undefined` if this process made it */
  constructor(thread: NativeThread, fd: number, { readable, writable }: Directions, maker?: string) {
    super(thread, CONNECTION);
    this.fd = fd;
    this.readable = readable;
    this.writable = writable;
    this.#maker = maker;
    this.#incoming = new IncomingMessage(thread.inbox.shim, fd);
    this.#reading = new Readiness(thread.inbox, fd, "read", () => this.#recvs.retry());
    this.#writing = new Readiness(thread.inbox, fd, "write", () => this.#sends.retry());
    this.#recvs = new Attempts(() => this.#reading.arm());
    this.#sends = new Attempts(() => this.#writing.arm());
  }

  static makePair(thread: NativeThread, { duplex }: PipeSettings): [NativeConnection, NativeConnection] {
    const fds = new Int32Array(2);
    check(thread.inbox.shim.pp_socketpair(fds, duplex ? 1 : 0), "The pipe can't be made");
    const [first = -1, second = -1] = fds;
    return [
      new NativeConnection(thread, first, { readable: true, writable: duplex }),
      new NativeConnection(thread, second, { readable: duplex, writable: true }),
    ];
  }

  /** Opens an end whose descriptor came from another process. */
  static open(thread: NativeThread, { fd, location }: Received): NativeConnection {
    const { shim } = thread.inbox;
    const { keeper, readable = false, writable = false, ahead } = location;
    try {
      // Another process sent a descriptor as a connection that is not a socket.
      if (shim.pp_check_socket(fd) < 0)
        throw new CorruptedError("The descriptor that came as a connection is not a socket: its sender is not a polyproc process.");
      const connection = new NativeConnection(thread, fd, { readable, writable }, keeper);
      if (ahead !== undefined) connection.#incoming.restore(ahead);
      return connection;
    } catch (error) {
      shim.pp_close(fd);
      throw error;
    }
  }

  get blocking(): BlockingConnection {
    return this;
  }

  protected override travelling(): Travelling {
    const { readable, writable } = this;
    const fields = { readable, writable, ahead: this.#incoming.readAhead() };
    return { fd: this.fd, maker: this.#maker, fields, left: () => this.#incoming.forget() };
  }

  protected override free(): void {
    this.#reading.close();
    this.#writing.close();
    this.thread.inbox.shim.pp_close(this.fd);
  }

  send(message: Message, wait: Wait): Promise<boolean> {
    const outgoing = this.#outgoing(message);
    if (this.#sends.size === 0 && outgoing.send(0) === true) return Promise.resolve(true);
    outgoing.keep();
    const attempt = { wait, look: () => outgoing.send(0), begun: () => outgoing.begun };
    return this.sending(this.#sends.make(attempt));
  }

  sendSync(message: Message, wait: Wait): boolean {
    const outgoing = this.#outgoing(message);
    const look = (ms: number): true | undefined => {
      // An earlier message may be sent only in part. The rest of it must be sent first.
      if (this.#sends.size > 0) this.thread.inbox.pumpSync(ms);
      return this.#sends.size > 0 ? undefined : outgoing.send(ms);
    };
    return blocking(wait, look, () => outgoing.begun) === true;
  }

  async recv(wait: Wait): Promise<Incoming | undefined> {
    const bytes = await this.waitFor(this.#recvs, wait, () => this.#readKept());
    return bytes === undefined ? undefined : takenKept(bytes);
  }

  recvNow(): Incoming | undefined {
    return this.#received(this.#recvs.size === 0 ? this.#incoming.read(0) : undefined);
  }

  recvSync(wait: Wait): Incoming | undefined {
    return this.#received(blocking(wait, (ms) => this.#incoming.read(ms)));
  }

  async poll(wait: Wait): Promise<boolean> {
    if (this.#isReadable(0) === true) return true;
    return (await this.waitFor(this.#recvs, wait, () => this.#isReadable(0))) === true;
  }

  pollSync(): boolean {
    return this.#isReadable(0) === true;
  }

  waitSync(wait: Wait): boolean {
    return blocking(wait, (ms) => this.#isReadable(ms)) === true;
  }

  #isReadable(ms: number): true | undefined {
    return check(this.thread.inbox.shim.pp_readable(this.fd, ms), "The connection can't be looked at") === 1 ? true : undefined;
  }

  #outgoing(message: Message): OutgoingMessage {
    return new OutgoingMessage(this.thread.inbox.shim, this.fd, seal(message));
  }

  #readKept(): KeptBytes | undefined {
    const bytes = this.#incoming.read(0);
    if (bytes === undefined) return undefined;
    return this.#incoming.isLent(bytes) ? copyOf(bytes) : asKept(bytes);
  }

  #received(bytes: Uint8Array | undefined): Incoming | undefined {
    if (bytes === undefined) return undefined;
    return this.#incoming.isLent(bytes) ? takenLent(bytes) : takenKept(asKept(bytes));
  }
}
