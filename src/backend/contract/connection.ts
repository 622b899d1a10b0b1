import type { Wait } from "../../util/wait-options.ts";
import type { Kind } from "./kind.ts";
import type { Incoming, Message } from "./message.ts";
import type { BlockingPort, WaitingPort } from "./port.ts";

export interface PipeSettings {
  /** Whether both ends can send and receive. Otherwise the first only receives, and the second only sends. */
  readonly duplex: boolean;
}

/** Whether an end of a pipe receives and sends. */
export interface Directions {
  readonly readable: boolean;
  readonly writable: boolean;
}

/**
 * One end of a pipe.
 *
 * @ignore
 */
export interface ConnectionPort extends WaitingPort {
  readonly readable: boolean;
  readonly writable: boolean;
  /** Whether the other end is outside of this process tree. References in messages from there must not be followed. */
  readonly foreign?: boolean;
  /** Sends a message. False if the other end did not read in time, and nothing was sent. */
  send(message: Message, wait: Wait): Promise<boolean>;
  /** Receives a message. `undefined` if none came in time. */
  recv(wait: Wait): Promise<Incoming | undefined>;
  /** Receives a message without a promise, if the backend can do that. `undefined` if it would have to wait. */
  recvNow?(): Incoming | undefined;
  /** Waits until a `recv` would not have to wait. False if the time ran out first. */
  poll(wait: Wait): Promise<boolean>;
  /** The file descriptor, if the backend has one. */
  readonly fd?: number;
  /** The blocking calls, if the backend has them. */
  readonly blocking?: BlockingConnection;
}

/** The calls of {@link ConnectionPort} that block this thread. */
export interface BlockingConnection extends BlockingPort {
  sendSync(message: Message, wait: Wait): boolean;
  recvSync(wait: Wait): Incoming | undefined;
  waitSync(wait: Wait): boolean;
}

export const CONNECTION: Kind<ConnectionPort, PipeSettings, [ConnectionPort, ConnectionPort]> = { name: "connection", label: "connection" };
