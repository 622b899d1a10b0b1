import { check } from "../library/result.ts";
import type { Inbox } from "./inbox.ts";

/** Watches one direction of a descriptor. It calls `ready` once after each `arm`. */
export class Readiness {
  readonly #inbox: Inbox;
  readonly #fd: number;
  readonly #write: boolean;
  readonly #id: number;
  #armed = false;

  constructor(inbox: Inbox, fd: number, direction: "read" | "write", ready: () => void) {
    this.#inbox = inbox.withPoller();
    this.#fd = fd;
    this.#write = direction === "write";
    this.#id = inbox.add(() => {
      this.#armed = false;
      ready();
    });
  }

  arm(): void {
    if (this.#armed) return;
    check(this.#inbox.shim.pp_watch_fd(this.#inbox.id, this.#id, this.#fd, this.#write ? 1 : 0), "A descriptor can't be watched");
    this.#armed = true;
  }

  close(): void {
    this.#inbox.remove(this.#id);
  }
}
