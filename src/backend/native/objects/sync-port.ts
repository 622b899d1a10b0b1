import { blocking } from "../../../util/blocking.ts";
import type { Wait } from "../../../util/wait-options.ts";
import type { Travelling } from "../core/keeper.ts";
import { NativePort } from "../core/port.ts";
import type { Shim } from "../library/functions.ts";
import type { SyncHandle } from "./sync-handle.ts";

/** The common part of the ports of locks, semaphores, events, conditions and barriers. */
export abstract class NativeSyncPort extends NativePort {
  protected readonly handle: SyncHandle;

  constructor(handle: SyncHandle) {
    super(handle.thread, handle.kind);
    this.handle = handle;
    handle.use();
  }

  protected get shim(): Shim {
    return this.handle.shim;
  }

  /** The native library's number for the object. Throws `ClosedError` after `release`: then the number may be that of another object. */
  protected get index(): number {
    this.checkOpen();
    return this.handle.index;
  }

  protected override get descriptor(): number {
    return this.shim.pp_sync_fd(this.index);
  }

  protected override travelling(): Travelling {
    const fd = this.descriptor;
    return { fd, fields: this.handle.namesFor(fd) };
  }

  protected override free(): void {
    this.handle.drop();
  }

  /** Looks at once, and waits if there is no result. Returns `undefined` if the time ran out. */
  protected async until<T>(wait: Wait, look: () => T | undefined): Promise<T | undefined> {
    const now = this.handle.inTurn && this.handle.attempts.size > 0 ? undefined : this.#lookTwice(wait, look);
    return now ?? (await this.waitFor(this.handle.attempts, wait, look));
  }

  // When processes exchange messages quickly, waits are short. Then a second look costs less than being woken.
  #lookTwice<T>(wait: Wait, look: () => T | undefined): T | undefined {
    return look() ?? (wait.timeout > 0 && this.shim.pp_sync_spin(this.index) === 1 ? look() : undefined);
  }

  /** Like `until`, but blocks this thread. */
  protected untilSync<T>(wait: Wait, look: () => T | undefined): T | undefined {
    return blocking(wait, (ms) => {
      const now = look();
      if (now !== undefined || ms === 0) return now;
      this.shim.pp_sync_wait(this.index, ms);
      return look();
    });
  }
}
