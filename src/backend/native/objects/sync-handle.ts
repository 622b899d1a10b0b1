import { CorruptedError } from "../../../errors/errors.ts";
import { Attempts } from "../../../util/attempts.ts";
import { Handle, type Origin } from "../core/handle.ts";
import type { NativeThread } from "../core/native-thread.ts";
import type { KindName } from "../core/port.ts";
import { EBADMSG, EPROTO } from "../library/errno.ts";
import { check, insist, insistLater } from "../library/result.ts";

/** The kinds of native/src/handles.h. */
export const SyncKind = { lock: 1, semaphore: 2, event: 3, condition: 4, barrier: 5 } as const;

/** A kind of synchronization object: its names, and the native library's number for it. */
export interface SyncKindName extends KindName {
  readonly number: number;
}

/** A synchronization object (lock, semaphore, event, condition or barrier) that this process has open. */
export class SyncHandle extends Handle {
  readonly kind: SyncKindName;
  readonly attempts: Attempts;

  constructor(thread: NativeThread, index: number, origin: Origin, kind: SyncKindName) {
    super(thread, index, origin);
    this.kind = kind;
    const id = this.hear(() => {
      // A wake-up goes to one process only. If this process does not need it any more, it is passed on to another one.
      if (this.attempts.size === 0 && this.inUse) this.shim.pp_sync_pass(index);
      this.attempts.retry();
    });
    this.attempts = new Attempts(
      () => void check(this.shim.pp_sync_watch(index, id), `The ${kind.label} can't be waited for`),
      this.inTurn,
      () => void (this.inUse && this.shim.pp_sync_unwatched(index)),
    );
  }

  /** Makes an object. The meaning of the settings depends on the kind: see pp_sync_make in polyproc.h. */
  static make(thread: NativeThread, origin: Origin, kind: SyncKindName, first: number, second: number): SyncHandle {
    const { shim, id } = thread.inbox.withBell();
    const index = check(shim.pp_sync_make(id, kind.number, first, second), `The ${kind.label} can't be made`);
    return new SyncHandle(thread, index, origin, kind);
  }

  /** Opens an object whose descriptor came from another process. */
  static open(thread: NativeThread, origin: Origin, kind: SyncKindName, fd: number): SyncHandle {
    const { shim, id } = thread.inbox.withBell();
    const index = shim.pp_sync_open(id, fd, kind.number);
    // The sender has another version of this library, whose objects have another layout.
    if (index === EPROTO) throw new CorruptedError(`The ${kind.label} was made by another version of polyproc: use one version in a tree.`);
    // The memory behind the descriptor has no object of this kind.
    if (index === EBADMSG)
      throw new CorruptedError(`An object that came as a ${kind.label} is not valid: its sender is not a polyproc process.`);
    return new SyncHandle(thread, check(index, `The ${kind.label} can't be used`), origin, kind);
  }

  /** Whether each waiting call needs a turn of its own, as with a lock. */
  get inTurn(): boolean {
    return this.kind.number === SyncKind.lock || this.kind.number === SyncKind.semaphore;
  }

  override sweep(): void {
    this.shim.pp_sync_sweep(this.index);
  }

  // Tells the barrier that this process ends normally. Without that, the barrier would take the end for a death and break.
  override leave(): void {
    if (this.kind.number === SyncKind.barrier) this.close();
  }

  protected override close(): void {
    this.shim.pp_sync_close(this.index);
  }

  /** Makes a call that needs the object's lock, like {@link insist}, and checks its result. */
  insist(call: () => number): number {
    return this.checked(insist(call));
  }

  /** The same, but the event loop goes on meanwhile, like {@link insistLater}. */
  async insistLater(call: () => number): Promise<number> {
    return this.checked(await insistLater(call));
  }

  /** Throws if the object's memory is corrupted. */
  checked(status: number): number {
    if (status === EBADMSG)
      // The object's own data in shared memory is inconsistent.
      throw new CorruptedError(
        `The ${this.kind.label}'s shared memory makes no sense any more: a process of the tree has written where it must not. Make a new one.`,
      );
    return status;
  }
}
