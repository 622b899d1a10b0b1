import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { Incoming, Message } from "./message.ts";
import type { WaitingPort } from "./port.ts";

/** A reply on its way. It has ports to the shared objects inside, which it releases once they have arrived, or can't. */
export interface Reply extends Message {
  release(sent: boolean): void;
}

/** A call that came for a managed object. */
export interface IncomingCall {
  /** The call itself. If its bytes are lent, they are valid only until the function that got this call returns. */
  readonly incoming: Incoming;
  /** Stands for the process that calls. Only its identity matters. */
  readonly caller: object;
  /** Sends the reply, now or later. If the caller is gone, nobody gets it. */
  reply(reply: Reply): void;
}

/** What a managed object does. It lives in the process that makes it. */
export interface ManagedSettings {
  /** Carries out a call. The calls come in their order. It must not throw. */
  call(call: IncomingCall): void;
  /** Called when no process holds the object any more. */
  discard(): void;
}

/**
 * The access to an object whose calls another process carries out. The object lives as long as any process holds it.
 *
 * @ignore
 */
export interface ManagedPort extends WaitingPort {
  /**
   * Sends a call, and waits for the reply. Resolves to `undefined` if the time ran out; the call may be carried out all the same.
   *
   * @param accept is called with the reply at once, because its bytes may be lent
   */
  call<T>(message: Message, wait: Wait, accept: (reply: Incoming) => T): Promise<T | undefined>;
}

export const MANAGED: Kind<ManagedPort, ManagedSettings> = { name: "managed", label: "managed object" };
