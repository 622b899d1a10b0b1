/** The options of an error of this library. */
export interface ProcessErrorOptions extends ErrorOptions {
  /** Further fields of the error. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The process in which an error was thrown. */
export interface RemoteOrigin {
  readonly pid: number;
  readonly name: string;
  readonly runtime: string;
}

/**
 * The base of every error of this library. `code` is stable; the message says what to do next.
 *
 * @example
 * ```ts
 * try { await queue.getNowait(); } catch (error) { if (error instanceof ProcessError) console.log(error.code); }
 * ```
 */
export class ProcessError extends Error {
  static readonly code: string = "ERR_POLYPROC";
  /** A stable name for this kind of error: `ERR_POLYPROC_...`. */
  declare readonly code: string;
  /** Set on an error that was thrown in another process. */
  declare readonly remote?: RemoteOrigin;

  constructor(message?: string, options: ProcessErrorOptions = {}) {
    super(message, options);
    if (options.fields !== undefined) Object.assign(this, options.fields);
  }

  static {
    nameOnPrototype(ProcessError, "ProcessError");
  }
}

// Puts name and code on the prototype, so that they are no fields of each single error.
function nameOnPrototype(target: typeof ProcessError, name: string): void {
  Object.defineProperty(target.prototype, "name", { value: name, configurable: true, writable: true });
  Object.defineProperty(target.prototype, "code", { value: target.code, configurable: true, writable: true });
}

/** The object's state does not allow the call: it came too early, too late or twice. */
export class StateError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_STATE";
  static {
    nameOnPrototype(StateError, "StateError");
  }
}

/** The object was closed in this process. */
export class ClosedError extends StateError {
  static override readonly code: string = "ERR_POLYPROC_CLOSED";
  static {
    nameOnPrototype(ClosedError, "ClosedError");
  }
}

/** The queue was shut down for all processes. */
export class ShutDown extends StateError {
  static override readonly code: string = "ERR_POLYPROC_SHUT_DOWN";
  static {
    nameOnPrototype(ShutDown, "ShutDown");
  }
}

/** `get` found no item in time. */
export class Empty extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_EMPTY";
  static {
    nameOnPrototype(Empty, "Empty");
  }
}

/** `put` found no room in time. */
export class Full extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_FULL";
  static {
    nameOnPrototype(Full, "Full");
  }
}

/** No process holds the connection's other end any more, and all that was sent has been read. */
export class EOFError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_EOF";
  /** How many bytes came of a message whose sender died while it wrote. */
  declare readonly bytesArrived?: number;
  /** How many bytes that message should have had. */
  declare readonly bytesExpected?: number;
  static {
    nameOnPrototype(EOFError, "EOFError");
  }
}

/** No process is left that could read what was to be sent. */
export class BrokenPipeError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_BROKEN_PIPE";
  static {
    nameOnPrototype(BrokenPipeError, "BrokenPipeError");
  }
}

/** The buffer given to `recvBytesInto` is too short; the whole message is in `bytes`. */
export class BufferTooShort extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_BUFFER_TOO_SHORT";
  declare readonly bytes: Uint8Array;
  static {
    nameOnPrototype(BufferTooShort, "BufferTooShort");
  }
}

/** A message was longer than the caller's `maxLength`; it was dropped and the connection stays usable. */
export class MessageTooLongError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_MESSAGE_TOO_LONG";
  static {
    nameOnPrototype(MessageTooLongError, "MessageTooLongError");
  }
}

/** A value can't travel (then `path` names the part at fault), or bytes from another process are no valid value. */
export class SerializationError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_SERIALIZATION";
  /** The path to the part at fault, such as `args[0].handlers.onEnd`. */
  declare readonly path?: string;
  static {
    nameOnPrototype(SerializationError, "SerializationError");
  }
}

/** This backend or runtime can't do that. The message says which one can. */
export class UnsupportedError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_UNSUPPORTED";
  static {
    nameOnPrototype(UnsupportedError, "UnsupportedError");
  }
}

/** The other side did not prove that it knows the key. */
export class AuthenticationError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_AUTHENTICATION";
  static {
    nameOnPrototype(AuthenticationError, "AuthenticationError");
  }
}

/** The time of a call ran out, and its result has no value that says so. */
export class TimeoutError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_TIMEOUT";
  static {
    nameOnPrototype(TimeoutError, "TimeoutError");
  }
}

/** An error of a class that this process does not know, thrown in another process. */
export class RemoteError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_REMOTE";
  /** The name of its class in the process that threw it. */
  declare readonly remoteName: string;
  static {
    nameOnPrototype(RemoteError, "RemoteError");
  }
}

/** A process died before it was done with something that this process waits for. */
export class ProcessDiedError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_PROCESS_DIED";
  declare readonly pid?: number;
  /** As {@link Process.exitCode}: minus the signal's number if a signal killed it. */
  declare readonly exitCode?: number | null;
  declare readonly signal?: string | null;
  /** How many items the dead process had taken and not marked done, if the error is about items of a queue. */
  declare readonly items?: number;
  static {
    nameOnPrototype(ProcessDiedError, "ProcessDiedError");
  }
}

/** A worker of a pool died while it ran a task. */
export class WorkerDiedError extends ProcessDiedError {
  static override readonly code: string = "ERR_POLYPROC_WORKER_DIED";
  static {
    nameOnPrototype(WorkerDiedError, "WorkerDiedError");
  }
}

/** A party of the barrier died, timed out or aborted it. */
export class BrokenBarrierError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_BROKEN_BARRIER";
  static {
    nameOnPrototype(BrokenBarrierError, "BrokenBarrierError");
  }
}

/** The process in which a shared object lived is gone. */
export class OwnerDiedError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_OWNER_DIED";
  static {
    nameOnPrototype(OwnerDiedError, "OwnerDiedError");
  }
}

/** Data from another process broke the protocol. */
export class CorruptedError extends ProcessError {
  static override readonly code: string = "ERR_POLYPROC_CORRUPTED";
  static {
    nameOnPrototype(CorruptedError, "CorruptedError");
  }
}
