import { encode } from "../../../../codec/encode.ts";
import { BrokenPipeError, ClosedError, OwnerDiedError } from "../../../../errors/errors.ts";
import { copyOf } from "../../../../util/bytes.ts";
import { soon } from "../../../../util/clock.ts";
import { unheld } from "../../../../util/event-loop.ts";
import { PendingCalls } from "../../../../util/pending-calls.ts";
import { randomBytes } from "../../../../util/random.ts";
import { FOREVER, type Wait } from "../../../../util/wait-options.ts";
import { type Incoming, type Message, NO_REFS } from "../../../contract/message.ts";
import { SIMPLE_QUEUE } from "../../../contract/queue.ts";
import type { Handles } from "../../core/handles.ts";
import { NativeConnection } from "../connection.ts";
import { NativeQueue } from "../queue.ts";
import { QueueHandle } from "../queue-handle.ts";
import { drain } from "./drain.ts";
import { FrameWriter, REPLY_TAIL, replyTailOf, WELCOME, withoutTail } from "./frames.ts";

const NOTHING = new Uint8Array(0);
const writer = new FrameWriter();

/** The calls of this thread to one server. */
export class ClientSession {
  readonly #calls: NativeQueue;
  readonly #replies: NativeQueue;
  readonly #link: NativeConnection;
  readonly #theirs: NativeConnection;
  readonly #number: number;
  readonly #pending = new PendingCalls<Incoming>();
  // Resolves when the last of the calls that could not be put at once was put. Later calls wait for it, so that they keep their order.
  #before: Promise<void> | undefined;
  #welcome: (() => void) | undefined;
  #gone: (() => Error) | undefined;
  #hasFailed = false;
  #isReceiving = false;
  #isClosed = false;

  /** @param calls the server's queue, which the session closes at its end */
  constructor(handles: Handles, calls: NativeQueue) {
    const { thread } = handles;
    this.#calls = calls;
    this.#replies = new NativeQueue(
      handles.make((origin) => QueueHandle.make(thread, origin, { maxsize: 0, redeliver: false, isInternal: true })),
      SIMPLE_QUEUE,
    );
    [this.#link, this.#theirs] = NativeConnection.makePair(thread, { duplex: true });
    // 53 random bits, which is what a number holds.
    const [high = 0, low = 0] = new Uint32Array(randomBytes(8).buffer);
    this.#number = high * 2 ** 21 + (low >>> 11);
  }

  /** Whether it has ended, or could not be opened, although the server may be there: another session may do better. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /**
   * Makes itself known to the server, which replies when it knows the session. Calls may be made at once.
   *
   * @param hold an object's connection to the server
   */
  open(hold: NativeConnection): void {
    const welcomed = new Promise<void>((resolve) => {
      this.#welcome = resolve;
    });
    void this.#watch();
    void this.#then(async () => {
      try {
        await this.#introduce(hold);
        this.#receive();
        await welcomed;
      } catch (error) {
        if (error instanceof BrokenPipeError) return this.#serverGone();
        this.#hasFailed = true;
        this.#fail(() => error as Error);
      }
    });
  }

  /** @param owner the port that calls */
  call<T>(owner: object, object: number, message: Message, wait: Wait, accept: (reply: Incoming) => T): Promise<T | undefined> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone());
    const { id, result } = this.#pending.add(owner, wait, accept);
    if (this.#before === undefined && message.refs.length === 0) this.#put(id, object, message.bytes);
    else {
      const kept = { bytes: copyOf(message.bytes), refs: message.refs };
      this.#then(() => this.#send(id, object, kept)).catch((error: unknown) => this.#pending.reject(id, error));
    }
    if (!this.#isReceiving) soon(() => this.#receive());
    return result;
  }

  withdraw(owner: object, reason: () => Error): void {
    this.#pending.withdraw(owner, reason);
  }

  /** Closes the session. The server forgets it then. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#gone ??= () => new ClosedError("The object was closed during this call.");
    for (const port of [this.#link, this.#theirs, this.#replies, this.#calls]) port.release();
  }

  async #introduce(hold: NativeConnection): Promise<void> {
    const ports = [this.#replies.again(), this.#theirs.again()];
    let sent = false;
    try {
      sent = await hold.send({ bytes: encode(this.#number).bytes, refs: ports.map((port) => port.share()) }, FOREVER);
    } finally {
      for (const port of ports) port.release(sent);
      this.#theirs.release();
    }
  }

  // The server sends nothing over the link. The link ends when the server does, or drops this session.
  async #watch(): Promise<void> {
    try {
      while ((await unheld(() => this.#link.recv(FOREVER))) !== undefined);
    } catch {
      if (this.#isClosed) return;
      this.#hasFailed = true;
      this.#serverGone();
    }
  }

  #serverGone(): void {
    this.#fail(() => new OwnerDiedError("The server of this object is gone, and the object with it."));
  }

  #fail(reason: () => Error): void {
    this.#gone ??= reason;
    const welcome = this.#welcome;
    this.#welcome = undefined;
    welcome?.();
    this.#pending.fail(this.#gone);
  }

  // Runs a step behind those before it. A step that fails does not stop the later ones.
  #then(step: () => Promise<void>): Promise<void> {
    const done = (this.#before ?? Promise.resolve()).then(step);
    const settled = done.catch(() => {});
    this.#before = settled;
    void settled.then(() => {
      if (this.#before === settled) this.#before = undefined;
    });
    return done;
  }

  async #send(id: number, object: number, { bytes, refs }: Message): Promise<void> {
    if (this.#gone !== undefined) throw this.#gone();
    if (refs.length === 0) return this.#put(id, object, bytes);
    const frame = copyOf(writer.call(bytes, { session: this.#number, object, call: id }));
    try {
      await this.#link.send({ bytes: frame, refs }, FOREVER);
    } catch (error) {
      throw error instanceof BrokenPipeError ? new OwnerDiedError("The server of this object is gone.", { cause: error }) : error;
    }
    this.#put(id, object, NOTHING);
  }

  #put(id: number, object: number, bytes: Uint8Array): void {
    const message = { bytes: writer.call(bytes, { session: this.#number, object, call: id }), refs: NO_REFS };
    try {
      if (!this.#calls.putNow(message)) void this.#calls.put(message, FOREVER).catch((error: unknown) => this.#pending.reject(id, error));
    } catch (error) {
      this.#pending.reject(id, error);
    }
  }

  #receive(): void {
    if (this.#isReceiving || this.#isClosed) return;
    this.#isReceiving = true;
    const expectsMore = (): boolean => !this.#isClosed && (this.#welcome !== undefined || this.#pending.size > 0);
    drain(this.#replies, expectsMore, (incoming) => this.#handle(incoming))
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#fail(() => error as Error);
      })
      .finally(() => {
        this.#isReceiving = false;
        if (expectsMore()) this.#receive();
      });
  }

  #handle(incoming: Incoming): void {
    const id = replyTailOf(incoming.message.bytes);
    if (id === undefined) return incoming.settle();
    if (id === WELCOME) {
      const welcome = this.#welcome;
      this.#welcome = undefined;
      incoming.settle();
      welcome?.();
    } else if (incoming.message.bytes.length === REPLY_TAIL) {
      incoming.settle();
      this.#pending.reject(id, new OwnerDiedError("This object is gone: every process that held it closed it or ended before this call."));
    } else if (!this.#pending.settle(id, withoutTail(incoming, REPLY_TAIL))) incoming.settle();
  }
}
