import type { Grant } from "../backend/contract/lock.ts";
import { note } from "../observe/events.ts";
import { inQuotes } from "../util/shown-name.ts";

/** Records how the acquisitions of one lock or semaphore went. */
export class Acquisitions {
  /** Whether the last acquisition took over from a dead process. */
  abandoned = false;

  /** Records the result of an acquisition. Returns whether it was acquired. `name` is that of the lock, if it has one. */
  note(grant: Grant, name: string | undefined): boolean {
    if (grant !== "refused") this.abandoned = grant === "abandoned";
    if (grant === "abandoned")
      note("info", () => `took over ${name === undefined ? "a lock" : `the lock${inQuotes(name)},`} whose holder had died`);
    return grant !== "refused";
  }

  /** Like `note`, for a lock that was released as a whole for a while. */
  regained(grant: Grant, name: string | undefined): boolean {
    return this.note(grant, name);
  }

  /** Called before each release. */
  released(): void {}
}

/** The acquisitions of a lock that a process may acquire again while it holds the lock. */
export class RecursiveAcquisitions extends Acquisitions {
  #depth = 0;

  override note(grant: Grant, name: string | undefined): boolean {
    if (grant === "refused") return false;
    // If the first acquisition took over from a dead process, the lock stays abandoned when this process acquires it again.
    const stays = this.#depth++ > 0 && this.abandoned;
    super.note(grant, name);
    this.abandoned ||= stays;
    return true;
  }

  override regained(grant: Grant, name: string | undefined): boolean {
    const depth = this.#depth;
    this.#depth = 0;
    const isAcquired = this.note(grant, name);
    this.#depth = depth;
    return isAcquired;
  }

  override released(): void {
    this.#depth = Math.max(0, this.#depth - 1);
  }
}
