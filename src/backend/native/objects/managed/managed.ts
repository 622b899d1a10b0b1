import { CorruptedError } from "../../../../errors/errors.ts";
import type { Wait } from "../../../../util/wait-options.ts";
import { MANAGED, type ManagedPort, type ManagedSettings } from "../../../contract/managed.ts";
import type { Incoming, Message } from "../../../contract/message.ts";
import { SIMPLE_QUEUE } from "../../../contract/queue.ts";
import type { Handles, Received } from "../../core/handles.ts";
import type { Travelling } from "../../core/keeper.ts";
import type { NativeThread } from "../../core/native-thread.ts";
import { NativePort } from "../../core/port.ts";
import { NativeConnection } from "../connection.ts";
import { NativeQueue } from "../queue.ts";
import { QueueHandle } from "../queue-handle.ts";
import { ClientSession } from "./client-session.ts";
import { ManagedServer } from "./server.ts";

/** A session, and the number of the ports that use it. */
interface Shared {
  readonly session: ClientSession;
  users: number;
}

const servers = new WeakMap<NativeThread, ManagedServer>();
// The sessions of a thread, by the queues of their servers.
const sessions = new WeakMap<QueueHandle, Shared>();

export class NativeManaged extends NativePort implements ManagedPort {
  readonly #handles: Handles;
  readonly #hold: NativeConnection;
  readonly #calls: QueueHandle;
  readonly #number: number;
  #shared: Shared | undefined;

  /** @param hold holds the object in its server */
  private constructor(handles: Handles, hold: NativeConnection, calls: QueueHandle, number: number) {
    super(handles.thread, MANAGED);
    this.#handles = handles;
    this.#hold = hold;
    this.#calls = calls;
    this.#number = number;
    calls.use();
  }

  static make(handles: Handles, settings: ManagedSettings): NativeManaged {
    const server = servers.get(handles.thread) ?? new ManagedServer(handles);
    servers.set(handles.thread, server);
    const { number, hold } = server.add(settings);
    return new NativeManaged(handles, hold, server.calls, number);
  }

  static open(handles: Handles, { fd, more: [queue, ...others], location }: Received): NativeManaged {
    const { thread } = handles;
    const { identity, object } = location;
    if (queue === undefined || others.length > 0 || identity === undefined || object === undefined) {
      for (const each of [fd, queue, ...others]) if (each !== undefined) thread.inbox.shim.pp_close(each);
      throw new CorruptedError("A reference to an object of a manager is incomplete: its sender is no polyproc process.");
    }
    const hold = NativeConnection.open(thread, { fd, more: [], location: { ...location, readable: true, writable: true } });
    try {
      const received = { fd: queue, more: [], location };
      const calls = handles.receive(received, QueueHandle, (origin) => QueueHandle.open(thread, origin, queue));
      return new NativeManaged(handles, hold, calls, object);
    } catch (error) {
      hold.release();
      throw error;
    }
  }

  async call<T>(message: Message, wait: Wait, accept: (reply: Incoming) => T): Promise<T | undefined> {
    this.checkOpen();
    return this.#session().call(this, this.#number, message, wait, accept);
  }

  override withdraw(reason: () => Error): void {
    super.withdraw(reason);
    this.#shared?.session.withdraw(this, reason);
  }

  protected override travelling(): Travelling {
    const queue = this.#calls.shim.pp_queue_fd(this.#calls.index);
    return { fd: this.#hold.fd, more: [queue], fields: { identity: this.#calls.origin.identity, object: this.#number } };
  }

  protected override free(): void {
    this.#leaveSession();
    this.#hold.release();
    this.#calls.drop();
  }

  #leaveSession(): void {
    const shared = this.#shared;
    this.#shared = undefined;
    if (shared === undefined || --shared.users > 0) return;
    if (sessions.get(this.#calls) === shared) sessions.delete(this.#calls);
    shared.session.close();
  }

  #session(): ClientSession {
    if (this.#shared?.session.hasFailed === true) this.#leaveSession();
    if (this.#shared !== undefined) return this.#shared.session;
    let shared = sessions.get(this.#calls);
    if (shared === undefined || shared.session.hasFailed) {
      shared = { session: new ClientSession(this.#handles, new NativeQueue(this.#calls, SIMPLE_QUEUE)), users: 0 };
      sessions.set(this.#calls, shared);
      shared.session.open(this.#hold);
    }
    shared.users++;
    this.#shared = shared;
    return shared.session;
  }
}
