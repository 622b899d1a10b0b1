import { nameOnPrototype, ProcessError } from "./process-error.ts";

export { BrokenPoolError, OwnerDiedError, PoisonTaskError, ProcessDiedError, WorkerDiedError } from "./death-errors.ts";
export { ProcessError, type ProcessErrorOptions, type RemoteOrigin } from "./process-error.ts";

/**
 * The object's state does not allow the call: the call came too early, too late or twice.
 *
 * @example
 * ```ts
 * await new Process().join().catch((error) => console.log(error instanceof StateError)); // true
 * ```
 */
export class StateError extends ProcessError {
  /** "ERR_POLYPROC_STATE": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_STATE";
  static {
    nameOnPrototype(StateError, "StateError");
  }
}

/**
 * The object was closed in this process.
 *
 * @example
 * ```ts
 * const event = new Event();
 * event.close();
 * await event.set().catch((error) => console.log(error instanceof ClosedError)); // true
 * ```
 */
export class ClosedError extends StateError {
  /** "ERR_POLYPROC_CLOSED": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_CLOSED";
  static {
    nameOnPrototype(ClosedError, "ClosedError");
  }
}

/**
 * The queue was shut down for all processes.
 *
 * @example
 * ```ts
 * const queue = new Queue<number>();
 * await queue.shutdown();
 * await queue.put(1).catch((error) => console.log(error instanceof ShutDown)); // true
 * ```
 */
export class ShutDown extends StateError {
  /** "ERR_POLYPROC_SHUT_DOWN": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_SHUT_DOWN";
  static {
    nameOnPrototype(ShutDown, "ShutDown");
  }
}

/**
 * `get` found no item in time.
 *
 * @example
 * ```ts
 * await new Queue().get({ timeout: 10 }).catch((error) => console.log(error instanceof Empty)); // true
 * ```
 */
export class Empty extends ProcessError {
  /** "ERR_POLYPROC_EMPTY": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_EMPTY";
  static {
    nameOnPrototype(Empty, "Empty");
  }
}

/**
 * `put` found no room in time.
 *
 * @example
 * ```ts
 * const queue = new Queue({ maxsize: 1 });
 * await queue.put(1);
 * await queue.put(2, { timeout: 10 }).catch((error) => console.log(error instanceof Full)); // true
 * ```
 */
export class Full extends ProcessError {
  /** "ERR_POLYPROC_FULL": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_FULL";
  static {
    nameOnPrototype(Full, "Full");
  }
}

/**
 * No process has the connection's other end open any more, and all messages were read. It is also thrown if the sender died in the middle
 * of a message.
 *
 * @example
 * ```ts
 * const [a, b] = Pipe();
 * a.close();
 * await b.recv().catch((error) => console.log(error instanceof EOFError)); // true
 * ```
 */
export class EOFError extends ProcessError {
  /** "ERR_POLYPROC_EOF": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_EOF";
  /** If the sender died in the middle of a message: the number of bytes of the message that came. */
  declare readonly bytesArrived?: number;
  /** If the sender died in the middle of a message: the length that the message should have had, in bytes. */
  declare readonly bytesExpected?: number;
  static {
    nameOnPrototype(EOFError, "EOFError");
  }
}

/**
 * No process has the connection's other end open any more, so that no process could read the message.
 *
 * @example
 * ```ts
 * const [a, b] = Pipe();
 * b.close();
 * await a.send(1).catch((error) => console.log(error instanceof BrokenPipeError)); // true
 * ```
 */
export class BrokenPipeError extends ProcessError {
  /** "ERR_POLYPROC_BROKEN_PIPE": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_BROKEN_PIPE";
  static {
    nameOnPrototype(BrokenPipeError, "BrokenPipeError");
  }
}

/**
 * The buffer passed to `recvBytesInto` is too short for the message.
 *
 * @example
 * ```ts
 * const [a, b] = Pipe();
 * await a.sendBytes(new Uint8Array(8));
 * await b.recvBytesInto(new Uint8Array(4)).catch((error) => console.log(error.bytes.length)); // 8
 * ```
 */
export class BufferTooShort extends ProcessError {
  /** "ERR_POLYPROC_BUFFER_TOO_SHORT": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_BUFFER_TOO_SHORT";
  /** The whole message. */
  declare readonly bytes: Uint8Array;
  static {
    nameOnPrototype(BufferTooShort, "BufferTooShort");
  }
}

/**
 * A message was longer than the caller's `maxLength`. The message was dropped, and the connection stays usable.
 *
 * @example
 * ```ts
 * const [a, b] = Pipe();
 * await a.sendBytes(new Uint8Array(8));
 * await b.recvBytes(4).catch((error) => console.log(error instanceof MessageTooLongError)); // true
 * ```
 */
export class MessageTooLongError extends ProcessError {
  /** "ERR_POLYPROC_MESSAGE_TOO_LONG": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_MESSAGE_TOO_LONG";
  static {
    nameOnPrototype(MessageTooLongError, "MessageTooLongError");
  }
}

/**
 * A value can't travel, or bytes from another process are not a valid value.
 *
 * @example
 * ```ts
 * const [a] = Pipe();
 * await a.send({ handlers: [() => {}] }).catch((error) => console.log(error.path)); // "value.handlers[0]"
 * ```
 */
export class SerializationError extends ProcessError {
  /** "ERR_POLYPROC_SERIALIZATION": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_SERIALIZATION";
  /** If a value can't travel: the path to the part at fault, such as `args[0].handlers.onEnd`. */
  declare readonly path?: string;
  static {
    nameOnPrototype(SerializationError, "SerializationError");
  }
}

/**
 * This backend or runtime does not support the call. The message names one that does, or another way.
 *
 * @example
 * ```ts
 * try {
 *   getContext("fork" as never);
 * } catch (error) {
 *   console.log(error instanceof UnsupportedError); // true
 * }
 * ```
 */
export class UnsupportedError extends ProcessError {
  /** "ERR_POLYPROC_UNSUPPORTED": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_UNSUPPORTED";
  static {
    nameOnPrototype(UnsupportedError, "UnsupportedError");
  }
}

/**
 * The two sides of a connection do not have the same key.
 *
 * @example
 * ```ts
 * const listener = new Listener({ address: { host: "127.0.0.1", port: 0 }, authKey: "right" });
 * await listener.ready;
 * await Client(listener.address, { authKey: "wrong" }).catch((error) => console.log(error instanceof AuthenticationError)); // true
 * listener.close();
 * ```
 */
export class AuthenticationError extends ProcessError {
  /** "ERR_POLYPROC_AUTHENTICATION": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_AUTHENTICATION";
  static {
    nameOnPrototype(AuthenticationError, "AuthenticationError");
  }
}

/**
 * The time of a call ran out. Calls that can say so with their result, such as `acquire` with `false`, do not throw it.
 *
 * @example
 * ```ts
 * const [a] = Pipe();
 * await a.recv({ timeout: 10 }).catch((error) => console.log(error instanceof TimeoutError)); // true
 * ```
 */
export class TimeoutError extends ProcessError {
  /** "ERR_POLYPROC_TIMEOUT": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_TIMEOUT";
  /** True if the call may still succeed: this process has stopped waiting, and can't take back what it asked of another process. */
  declare readonly mayHaveHappened?: boolean;
  static {
    nameOnPrototype(TimeoutError, "TimeoutError");
  }
}

/**
 * Stands for an error from another process whose class this process does not know. It has that error's message, stack, cause and fields.
 *
 * @example
 * ```ts
 * class Odd extends Error {
 *   override name = "Odd";
 * }
 * const [a, b] = Pipe();
 * await a.send(new Odd("unknown there"));
 * const received = (await b.recv()) as RemoteError;
 * console.log(received instanceof RemoteError, received.remoteName, received.message); // true Odd unknown there
 * ```
 */
export class RemoteError extends ProcessError {
  /** "ERR_POLYPROC_REMOTE": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_REMOTE";
  /** The name of the error's class in the process that threw it. */
  declare readonly remoteName: string;
  static {
    nameOnPrototype(RemoteError, "RemoteError");
  }
}

/**
 * The barrier is broken: a party died or timed out, or a process called `abort()` or `reset()`.
 *
 * @example
 * ```ts
 * const barrier = new Barrier(2);
 * await barrier.wait({ timeout: 10 }).catch((error) => console.log(error instanceof BrokenBarrierError)); // true
 * ```
 */
export class BrokenBarrierError extends ProcessError {
  /** "ERR_POLYPROC_BROKEN_BARRIER": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_BROKEN_BARRIER";
  static {
    nameOnPrototype(BrokenBarrierError, "BrokenBarrierError");
  }
}

/**
 * Data from another process, or in shared memory, does not follow the protocol.
 *
 * @example
 * ```ts
 * const queue = new Queue();
 * await queue.put(1);
 * try {
 *   console.log(await queue.get()); // 1
 * } catch (error) {
 *   // Another process has damaged the queue. Nobody can use it any more: make a new one.
 *   if (!(error instanceof CorruptedError)) throw error;
 * }
 * queue.close();
 * ```
 */
export class CorruptedError extends ProcessError {
  /** "ERR_POLYPROC_CORRUPTED": the stable name of this kind of error. */
  static override readonly code: string = "ERR_POLYPROC_CORRUPTED";
  static {
    nameOnPrototype(CorruptedError, "CorruptedError");
  }
}
