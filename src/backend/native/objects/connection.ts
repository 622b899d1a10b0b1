import { seal } from "../../../codec/envelope.ts";
import { CorruptedError, SerializationError } from "../../../errors/errors.ts";
import { Attempts } from "../../../util/attempts.ts";
import { blocking } from "../../../util/blocking.ts";
import { asKept } from "../../../util/bytes.ts";
import { FOREVER, type Wait } from "../../../util/wait-options.ts";
import { LATE, within } from "../../../util/within.ts";
import { type BlockingConnection, CONNECTION, type ConnectionPort, type Directions, type PipeSettings } from "../../contract/connection.ts";
import type { Incoming, Message } from "../../contract/message.ts";
import { partlySent } from "../../contract/undecided.ts";
import { refsIn } from "../core/fetching.ts";
import type { Received } from "../core/handles.ts";
import type { Travelling } from "../core/keeper.ts";
import type { NativeThread } from "../core/native-thread.ts";
import { NativePort } from "../core/port.ts";
import { Readiness } from "../core/readiness.ts";
import { takenKept, takenLent } from "../core/taken.ts";
import { check } from "../library/result.ts";
import { type CameMessage, IncomingMessage } from "./incoming-message.ts";
import { MemoryHandle } from "./memory-handle.ts";
import { OutgoingMessage } from "./outgoing-message.ts";

/** While a send waits, so many bytes of messages that come are read ahead. The last of these messages may go beyond it. */
const READ_AHEAD = 16 << 20;

/** The kernel lets a message carry no more descriptors. */
const MOST_CARRIED = 253;

/**
 * One end of a pair of sockets. It reads no further than it must, and what it has read ahead travels with it. So at any time it can be sent
 * to another process, polled, or read blocking.
 */
export class NativeConnection extends NativePort implements ConnectionPort, BlockingConnection {
  readonly fd: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly #reading: Readiness;
  readonly #writing: Readiness;
  readonly #recvs: Attempts;
  readonly #sends: Attempts;
  readonly #incoming: IncomingMessage;

  constructor(thread: NativeThread, fd: number, { readable, writable }: Directions) {
    super(thread, CONNECTION);
    this.fd = fd;
    thread.inbox.shim.pp_own(thread.inbox.id, fd);
    this.readable = readable;
    this.writable = writable;
    this.#incoming = new IncomingMessage(thread.inbox.shim, fd);
    this.#reading = new Readiness(thread.inbox, fd, "read", () => {
      this.#recvs.retry();
      if (this.#sends.size > 0) this.#readAhead();
    });
    this.#writing = new Readiness(thread.inbox, fd, "write", () => this.#sends.retry());
    this.#recvs = new Attempts(() => this.#reading.arm());
    this.#sends = new Attempts(() => {
      this.#writing.arm();
      this.#readAhead();
    });
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
  static open(thread: NativeThread, { fd, more: [ahead, ...carried], location }: Received): NativeConnection {
    const { shim } = thread.inbox;
    const { readable = false, writable = false } = location;
    try {
      // Another process sent a descriptor as a connection that is not a socket.
      if (shim.pp_check_socket(fd) < 0)
        throw new CorruptedError("The descriptor that came as a connection is not a socket: its sender is not a polyproc process.");
      const connection = new NativeConnection(thread, fd, { readable, writable });
      if (ahead !== undefined) connection.#incoming.restore(MemoryHandle.contents(thread, ahead), carried);
      return connection;
    } catch (error) {
      for (const each of [fd, ...carried]) shim.pp_close(each);
      throw error;
    }
  }

  get blocking(): BlockingConnection {
    return this;
  }

  protected override get descriptor(): number {
    return this.fd;
  }

  protected override travelling(): Travelling {
    const { fd, readable, writable } = this;
    const ahead = this.#incoming.pack();
    const fields = { readable, writable };
    if (ahead === undefined) return { fd, fields };
    // What was read ahead may be large, and a reference is small. So it travels in memory of its own.
    const memory = MemoryHandle.holding(this.thread, ahead.bytes);
    return {
      fd,
      more: [memory, ...ahead.fds],
      fields,
      kept: () => this.thread.inbox.shim.pp_close(memory),
      left: () => this.#incoming.forget(),
    };
  }

  protected override free(): void {
    this.#reading.close();
    this.#writing.close();
    this.#incoming.forget();
    this.thread.inbox.shim.pp_close(this.fd);
  }

  async send(message: Message, wait: Wait): Promise<boolean> {
    const outgoing = this.#outgoing(message);
    try {
      if (this.#sends.size === 0 && (outgoing.send(0) ?? outgoing.sendSoon()) === true) return true;
      outgoing.keep();
      return await this.#sendRest(outgoing, wait);
    } finally {
      if (!outgoing.begun) outgoing.close();
    }
  }

  sendSync(message: Message, wait: Wait): boolean {
    const outgoing = this.#outgoing(message);
    const look = (ms: number): boolean | undefined => {
      // An earlier message may be sent only in part. The rest of it must be sent first.
      if (this.#sends.size > 0) this.thread.inbox.pumpSync(ms);
      if (this.#sends.size > 0) return undefined;
      return outgoing.send(0) ?? this.#waitForRoom(outgoing, ms);
    };
    try {
      const sent = blocking(wait, look) === true;
      if (sent || !outgoing.begun) return sent;
      outgoing.keep();
      throw partlySent(this.#sendRest(outgoing, FOREVER), undefined);
    } finally {
      if (!outgoing.begun) outgoing.close();
    }
  }

  async recv(wait: Wait): Promise<Incoming | undefined> {
    const came = await this.waitFor(this.#recvs, wait, () => this.#readKept());
    if (came !== undefined && this.#sends.size > 0) this.#readAhead();
    return came === undefined ? undefined : takenKept(asKept(came.bytes), this.#settle(came));
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
    if (this.#incoming.hasAhead) return true;
    return check(this.thread.inbox.shim.pp_readable(this.fd, ms), "The connection can't be looked at") === 1 ? true : undefined;
  }

  #outgoing({ bytes, refs }: Message): OutgoingMessage {
    const { keeper, inbox } = this.thread;
    const enclosed = keeper.enclose(refs);
    const outgoing = new OutgoingMessage(inbox.shim, this.fd, seal({ bytes, refs: enclosed.refs }), enclosed.fds);
    if (enclosed.fds.length <= MOST_CARRIED) return outgoing;
    outgoing.close();
    throw new SerializationError(
      `A message on a pipe carries at most ${MOST_CARRIED} shared objects, and this one has ${enclosed.fds.length}: send several messages.`,
    );
  }

  // A message of which a part is sent goes out whole. But its caller waits no longer than it said.
  async #sendRest(outgoing: OutgoingMessage, wait: Wait): Promise<boolean> {
    const sent = this.sending(this.#sends.make({ wait, look: () => outgoing.send(0), begun: () => outgoing.begun }));
    if (wait === FOREVER) return sent;
    let cause: unknown;
    try {
      const inTime = await within(sent, wait);
      if (inTime !== LATE) return inTime;
    } catch (error) {
      cause = error;
    }
    if (outgoing.begun && !outgoing.isOver) throw partlySent(sent, cause);
    return sent;
  }

  // Both ends may be sending. So what comes is read, and the other end can go on.
  #readAhead(): void {
    if (!this.readable || this.#recvs.size > 0) return;
    if (this.#incoming.readAhead(READ_AHEAD)) this.#reading.arm();
  }

  #waitForRoom(outgoing: OutgoingMessage, ms: number): true | undefined {
    const readsMore = this.readable && this.#incoming.readAhead(READ_AHEAD);
    check(this.thread.inbox.shim.pp_writable(this.fd, readsMore ? 1 : 0, ms), "The connection can't be waited for");
    return outgoing.send(0);
  }

  #readKept(): CameMessage | undefined {
    const came = this.#incoming.read(0);
    return came === undefined ? undefined : keptMessage(came);
  }

  #received(message: CameMessage | undefined): Incoming | undefined {
    if (message === undefined) return undefined;
    const isReadAhead = this.#sends.size > 0;
    const came = isReadAhead ? keptMessage(message) : message;
    if (isReadAhead) this.#readAhead();
    const settle = this.#settle(came);
    return came.isLent ? takenLent(came.bytes, settle) : takenKept(asKept(came.bytes), settle);
  }

  // The objects of a message take over the descriptors that came with it. Those that none takes are closed when the message is settled.
  #settle({ bytes, fds }: CameMessage): (() => void) | undefined {
    if (fds.length === 0) return undefined;
    const refs = refsIn(bytes);
    this.thread.keeper.disclose(refs, fds);
    return () => this.thread.keeper.dropFetched(refs);
  }
}

function keptMessage(message: CameMessage): CameMessage {
  return message.isLent ? { ...message, bytes: message.bytes.slice(), isLent: false } : message;
}
